# What the tests of the command line share. A test is called with the tool's path, and prints what failed.
# shellcheck shell=bash

tool=$1
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# A machine that was recorded in a lab.
# shellcheck disable=SC2034 # for the tests
recorded=$here/../recorded_machine.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
checks=0
failures=0

fail() {
    failures=$((failures + 1))
    echo "FAILED: $1"
}

# msr ARGUMENTS...: the tool's exit code in $code, what it said in $out and $err.
msr() {
    code=0
    "$tool" "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
    out=$(<"$work/out")
    err=$(<"$work/err")
}

# check WHAT COMMAND...: the command succeeds.
check() {
    checks=$((checks + 1))
    "${@:2}" || fail "$1 (exit code $code, stdout '${out:0:300}', stderr '${err:0:300}')"
}

contains() { [[ $1 == *"$2"* ]]; }
without() { [[ $1 != *"$2"* ]]; }
one_line() { [[ -n $1 && $1 != *$'\n'* ]]; }

# refuses CODE PART-OF-MESSAGE ARGUMENTS...: that exit code, one line on standard error, nothing on standard output.
refuses() {
    msr "${@:3}"
    check "msr ${*:3}: exit code $1" test "$code" = "$1"
    check "msr ${*:3}: says '$2'" contains "$err" "$2"
    check "msr ${*:3}: one line" one_line "$err"
    check "msr ${*:3}: nothing on standard output" test -z "$out"
}

# succeeds ARGUMENTS...: exit code 0, and nothing on standard error.
succeeds() {
    msr "$@"
    check "msr $*: exit code 0" test "$code" = 0
    check "msr $*: no complaint" test -z "$err"
}

is_true_of_output() { jq --exit-status "$1" "$work/out" >"$work/jq"; }

# json FILTER ARGUMENTS...: succeeds with a document of which jq's filter is true.
json() {
    succeeds "${@:2}" --json
    check "msr ${*:2} --json: $1" is_true_of_output "$1"
}

finish() {
    echo "$checks checks, $failures failed"
    exit $((failures > 0))
}
