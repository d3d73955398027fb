#!/usr/bin/env bash
# Help goes to standard output and names every verb; each verb explains its own options.
set -uo pipefail
source "$(dirname "$0")/support.sh"

succeeds help
verbs=$(sed -n 's/^  \([a-z]\+\)  .*/\1/p' "$work/out")
check 'several verbs' test "$(wc -l <<<"$verbs")" -ge 9
for verb in $verbs; do
    succeeds help "$verb"
    check "msr help $verb names it" contains "$out" "msr $verb"
    check "msr help $verb explains its options" contains "$out" '--json'
    by_help=$out
    succeeds "$verb" --help
    check "msr $verb --help says the same" test "$out" = "$by_help"
done
succeeds --help
finish
