#!/usr/bin/env bash
# msr gs: sequences checked, with traces; mistakes with their place; plans, proven; the table.
# shellcheck disable=SC2016 # messages quote with backticks
set -uo pipefail
source "$(dirname "$0")/support.sh"

json '[.sequences[] | select(.expected == "safe")] | length >= 15' gs list
json '[.sequences[] | select(.expected != "safe")] | length >= 15' gs list
json 'all(.sequences[]; (.sources | length) > 0)' gs list

json '.runs[0].verdict == "safe" and .runs[0].states > 100' gs check linux-switch-fred
succeeds gs check linux-switch-idt
check 'safe says how many states' contains "$out" 'linux-switch-idt (idt): safe: '

msr gs check hazard-nmi-plain-handler
check 'a hazard is a finding' test "$code" = 1
check 'its trace has the event' contains "$out" '* an NMI arrives'
check 'its trace has the reason' contains "$out" "a base that is not the kernel's"
msr gs check hazard-nmi-plain-handler --json
check 'JSON: the trace ends where it goes wrong' jq --exit-status \
    '.runs[0] | .verdict == "refuted" and .violation == "wrong_base_in_kernel" and (.trace[-1].step | endswith("percpu"))' "$work/out"

# A CPU that lacks what a sequence uses faults, as it would.
msr gs check linux-arch-set-gs-idt --profile skylake-sp --features -fsgsbase
check 'without FSGSBASE: #UD' contains "$out" '#UD'
check 'without FSGSBASE: refuted' test "$code" = 1
refuses 2 'this CPU has no FRED' gs check linux-entry --profile zen-2 --mode fred
refuses 2 '`idle` is no way to deliver events' gs check linux-entry --mode idle

msr gs check linux-entry --limit 100
check 'past the limit: exit code 5' test "$code" = 5
check 'past the limit: not known' contains "$out" 'not known: nothing wrong in the first 100 states'
check 'past the limit: never safe' without "$out" ': safe'

# mistaken TEXT PLACE-AND-MESSAGE
mistaken() {
    printf '%b' "$1" >"$work/own.seq"
    refuses 2 "$2" gs check "$work/own.seq"
}
head='title t\nexpect safe\nmodes idt\nstart run kernel A\n'
mistaken "${head}run:\n    swapsg\n" 'line 6, column 5: there is no instruction and no statement `swapsg`'
mistaken "${head}run:\n    wrmsr IA32_EFER, rax\n" 'line 6, column 11: `IA32_EFER` is no register that can stand here'
mistaken "${head}run:\n    jmp nowhere\n" 'line 6, column 9: there is no `nowhere`'
mistaken "title t\nexpect broken\n" 'line 2, column 8: `broken` is neither safe nor refuted'
mistaken "title t\nexpect refuted everything\n" 'line 2, column 16: nothing that can be wrong is called `everything`'
mistaken "${head}run:\n    swapgs\n" 'the code ends without'
mistaken '' 'a sequence needs a title'
refuses 2 'there is no sequence and no file `nothing`' gs check nothing

tasks=(--from fs=0:0x7f0000001000 --to fs=0:0x7e0000001000,gs=0x33:0x7e0000002000)
json '.verdict == "safe" and (.steps | contains("lkgs to_gs")) and (.steps | contains("swapgs") | not)' \
    gs plan --profile panther-lake "${tasks[@]}"
json '.verdict == "safe" and (.steps | contains("wrgsbase to_gs_base"))' gs plan --profile skylake-sp "${tasks[@]}"
succeeds gs plan --profile zen-5 "${tasks[@]}"
check 'a plan has code' contains "$out" 'asm volatile("swapgs"'
refuses 2 'is no address of user mode' gs plan --profile zen-5 --from fs=0:0xffff800000000000 --to fs=0:0
refuses 2 'is no task' gs plan --profile zen-5 --from here --to fs=0:0

json '.rows | length >= 20' gs table
succeeds gs table
check 'the table: LKGS writes the inactive base' contains "$out" '| LKGS | selector, inactive base (32 bits) |'

finish
