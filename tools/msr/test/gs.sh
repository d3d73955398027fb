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
check 'JSON: the trace ends where it goes wrong' is_true_of_output \
    '.runs[0] | .verdict == "refuted" and .violation == "wrong_base_in_kernel" and (.trace[-1].step | endswith("percpu"))'

# An answer says how far it goes: depth, lines that never ran, no events; and what the file expects.
json '.expected == "safe" and (.runs[0] | .depth == 3 and .unreached == [] and .as_expected and (.events | length) == 4)' \
    gs check linux-switch-idt
json '.runs[0].depth == 1' gs check linux-switch-idt --depth 1
succeeds gs check linux-switch-idt --depth 2
check 'safe names the depth' contains "$out" 'with at most 2 events at once'
check 'safe names what the file expects' contains "$out" 'the sequence expects: safe'
check 'nothing is left out' without "$out" 'note:'
printf '%s\n' 'title t' 'source s' 'expect refuted user_selector' 'modes idt' 'start run kernel A' 'user out' 'out:' \
    '    jmp out' 'run:' '    jmp leave' '    percpu' '    oops' >"$work/idle.seq"
succeeds gs check "$work/idle.seq"
check 'a line that never ran is named' contains "$out" 'note: line 11 is never reached: percpu'
check 'one that must not run is not' without "$out" 'line 12'
check 'no events: it says so' contains "$out" 'declares no events'
check 'another answer than the file expects' contains "$out" 'expects: refuted user_selector, which is not what was found'
json '.expected == "refuted user_selector" and (.runs[0] | .as_expected == false and .events == [] and
    .unreached == [{line: 11, instruction: "percpu"}])' gs check "$work/idle.seq"

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

# Memory that runs out is a limit, too. A tool with sanitizers cannot start in so little.
little=200000
if (ulimit -v $little && "$tool" gs list) >/dev/null 2>&1; then
    ulimit -S -v $little
    msr gs check linux-switch-idt --depth 8 --limit 500000000
    ulimit -S -v unlimited
    check 'no memory: exit code 5' test "$code" = 5
    check 'no memory: how far it got' contains "$out" 'states, and there is no memory for more'
fi

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
check 'it holds for any task' contains "$out" '# holds whatever the two tasks have'
check 'its proof names its depth' contains "$out" 'with at most 3 events at once'
# Users load selectors, on any CPU: null selectors are loaded again, and bases are read.
json '.steps | contains("mov gs, to_gs") and contains("mov fs, to_fs") and contains("rdfsbase from_fs_base")' \
    gs plan --profile skylake-sp --from gs=0:0x7f0000001000 --to gs=0:0x7f0000002000
json '.verdict == "safe" and (.steps | contains("rdmsr from_fs_base, IA32_FS_BASE"))' \
    gs plan --profile skylake-sp --features -fsgsbase --from gs=0:0x7f0000001000 --to gs=0:0x7f0000002000
json '.holds_for_every_task == false and (.holds_for | contains("only while it has the values"))' \
    gs plan --profile skylake-sp --from gs=0:0x7f0000001000 --to gs=0:0
refuses 2 'is no address of user mode' gs plan --profile zen-5 --from fs=0:0xffff800000000000 --to fs=0:0
refuses 2 'is no task' gs plan --profile zen-5 --from here --to fs=0:0
refuses 2 '`fs` is there twice' gs plan --profile zen-5 --from fs=0:1,fs=0:2 --to fs=0:0

json '.rows | length >= 20' gs table
succeeds gs table
check 'the table: LKGS writes the inactive base' contains "$out" '| LKGS | selector, inactive base (32 bits) |'

finish
