#!/usr/bin/env bash
# msr emulate: answers, faults with their reasons, mistakes with their place.
# shellcheck disable=SC2016 # messages quote with backticks
set -uo pipefail
source "$(dirname "$0")/support.sh"

# emulates SCRIPT ARGUMENTS...: msr emulate with the script as standard input.
emulates() {
    code=0
    printf '%b' "$1" | "$tool" emulate "${@:2}" >"$work/out" 2>"$work/err" || code=$?
    out=$(<"$work/out")
    err=$(<"$work/err")
}

# answers SCRIPT EXPECTED ARGUMENTS...
answers() {
    emulates "$1" "${@:3}"
    check "emulate '$1': '$2'" test "$out" = "$(printf '%b' "$2")"
    check "emulate '$1': exit code 0" test "$code" = 0
}

answers 'read IA32_PAT\n# a comment\n\nwrite PAT 0x0606060606060606\nread 0x277' \
    'ok 0x7040600070406\nok 0x606060606060606\nok 0x606060606060606' --profile sapphire-rapids
answers 'set cr0.pg=1\nreset\nwrite IA32_EFER 0x100\nset cr0.pg=1\nread IA32_EFER' 'ok\nok\nok 0x100\nok\nok 0x500' --profile zen-4
answers 'host-write IA32_FEATURE_CONTROL 1\nhost-write 3AH 5\nhost-read 3AH' 'ok 0x1\nok 0x5\nok 0x5' --profile ice-lake-sp
answers 'write IA32_TSC_AUX 0x100000001' 'ok 0x1' --profile ice-lake-sp --model bochs

emulates 'write IA32_PAT 2\nwrite LSTAR 0x800000000000\nread 0x12345' --profile skylake-sp
check 'a reserved memory type is named' contains "$out" 'fault #GP(0) IA32_PAT.PA0: 2 is a reserved memory type'
check 'a non-canonical address is named' contains "$out" 'fault #GP(0) IA32_LSTAR.RIP: 0x800000000000 is no canonical address'
check 'an absent register is said to be absent' contains "$out" '0x12345: this CPU has no such register'
check 'absent registers are counted' contains "$err" '1 access to registers that this CPU does not have'
check 'a fault is an answer' test "$code" = 0

emulates 'read IA32_PAT\nwrite IA32_PAT' --profile zen-2
check 'the answers before a mistake stand' test "$out" = 'ok 0x7040600070406'
check 'a mistake has a place' contains "$err" 'line 2, column 15: it is `write REGISTER VALUE`'
check 'a mistake is bad input' test "$code" = 2
emulates 'read IA32_PTA' --profile zen-2
check 'an unknown name has its column' contains "$err" 'line 1, column 6: '
emulates 'set cr9.pg=1' --profile zen-2
check 'unknown state: what there is' contains "$err" 'there are cr0.pg, '
emulates 'write IA32_PAT 0x10000000000000000' --profile zen-2
check 'a value that does not fit' contains "$err" 'it has more than 64 bits'

emulates 'write IA32_PAT 2\nread IA32_PAT' --profile zen-5 --json
check 'JSON: one object a line' test "$(wc -l <"$work/out")" = 2
check 'JSON: a fault' jq -es '.[0].ok == false and .[0].fault == "#GP(0)" and .[0].refused_bits == "0x7"' "$work/out"
check 'JSON: a value' jq -es '.[1].ok and .[1].value == "0x7040600070406"' "$work/out"

emulates '' --profile zen-5 --model fast
check 'an unknown model: which there are' contains "$err" 'the models are architectural, '
check 'an unknown model is bad usage' test "$code" = 2

finish
