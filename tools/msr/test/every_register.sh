#!/usr/bin/env bash
# Every register of the catalogue can be shown, and any value of it decoded.
set -uo pipefail
source "$(dirname "$0")/support.sh"

msr list --json
jq --raw-output '.registers[] | .name' "$work/out" | sort --unique >"$work/all"
check 'a catalogue worth the name' test "$(wc -l <"$work/all")" -ge 500
# Only every so many of them, where each takes long.
sed -n "1~${MSRKIT_EVERY:-1}p" "$work/all" >"$work/names"

random_value() { printf '0x%04x%04x%04x%04x' $((2 * RANDOM)) $((2 * RANDOM)) $((2 * RANDOM)) $((2 * RANDOM + 1)); }

while read -r name; do
    for value in 0xffffffffffffffff "$(random_value)"; do
        "$tool" decode "$name" "$value" --json >>"$work/decoded" 2>>"$work/errors" || fail "msr decode $name $value"
    done
    "$tool" decode "$name" "$value" >"$work/text" 2>>"$work/errors" || fail "msr decode $name $value, as text"
    "$tool" show "$name" >"$work/text" 2>>"$work/errors" || fail "msr show $name"
    [[ -s $work/text ]] || fail "msr show $name says nothing"
    "$tool" show "$name" --json >>"$work/shown" 2>>"$work/errors" || fail "msr show $name --json"
done <"$work/names"
code=0 out='' err=$(<"$work/errors")
check 'nobody complained' test -z "$err"
check 'each document parses, and has its value' \
    test "$(jq --raw-output .value "$work/decoded" | wc -l)" = $((2 * $(wc -l <"$work/names")))
check 'each page parses' test "$(jq '.registers | length > 0' "$work/shown" | sort | uniq --count | awk '{print $1, $2}')" = \
    "$(wc -l <"$work/names") true"

finish
