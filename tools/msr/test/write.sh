#!/usr/bin/env bash
# Plans of writes, what is refused, and the journal; the writes themselves are on a virtual CPU, where there is one.
# shellcheck disable=SC2016 # messages quote with backticks
set -uo pipefail
source "$(dirname "$0")/support.sh"
export MSRKIT_JOURNAL=$work/journal.jsonl

plan() { json "$1" write --from "$recorded" --dry-run "${@:2}"; }

# One register, all CPUs alike; several fields are one write; other fields stay.
plan '.plan | length == 1 and .[0].name == "IA32_PAT" and .[0].value == "0x407050600070406"' IA32_PAT=0x0407050600070406
plan '.plan[0].fields | map(.name + " " + .before + " " + .after) | contains(["PA1 WC WT"])' IA32_PAT=0x0407050600070406
plan '(.plan | length == 1) and (.plan[0].fields | map(.name) == ["PA5", "PA1"]) and .written == false' IA32_PAT.PA1=UC ia32_pat.PA5=UC
plan '.plan | map(.name) == ["IA32_PAT", "IA32_MTRR_PHYSBASE1"]' IA32_PAT.PA1=UC IA32_MTRR_PHYSBASE1.PHYSBASE=0xC0000000
plan '.plan[0].needed == false' IA32_PAT.PA0=WB
succeeds write --from "$recorded" --dry-run IA32_PAT.PA1=WT
check 'the plan is text' contains "$out" 'PA1: WC -> WT'
check 'and says that nothing is written' contains "$out" 'dry run'
check 'a dry run keeps no journal' test ! -e "$MSRKIT_JOURNAL"

# A recording cannot be written.
msr write --from "$recorded" IA32_PAT.PA1=WT
check 'a recording: no access' test "$code" = 3
check 'a recording: said so' contains "$err" 'a recording cannot be written'

# What is refused without --force, and named with it.
refuses_plan() {
    msr write --from "$recorded" --dry-run "${@:2}"
    check "msr write ${*:2}: refused" test "$code" = 1
    check "msr write ${*:2}: says '$1'" contains "$err" "$1"
    check "msr write ${*:2}: one line" one_line "$err"
    succeeds write --from "$recorded" --dry-run --force "${@:2}"
    check "msr write --force ${*:2}: says what it overrides" contains "$out" "overridden: "
}
refuses_plan 'reserved' IA32_EFER=0xffffffffffff0d01
refuses_plan 'reserved memory type' IA32_PAT=2
refuses_plan 'can stop the running system' IA32_LSTAR=0
refuses_plan 'can stop the running system' IA32_APIC_BASE.EN=0
refuses_plan 'lasts until reset' IA32_BIOS_UPDT_TRIG=0x1000
refuses_plan 'do not take a write' IA32_EFER.LMA=0
refuses_plan 'read-only' IA32_MTRRCAP=0
refuses_plan 'no such register on this CPU' 0x12345=1

# Locks, and bits that only reset clears, of an AMD machine
recorded=$here/../report/testdata/qemu-epyc.json
refuses_plan 'until reset' VM_CR.LOCK=1
recorded=$here/../recorded_machine.json

# Input that makes no sense
refuses 2 'REGISTER=VALUE' write --from "$recorded" IA32_EFER
refuses 2 'is no value' write --from "$recorded" IA32_EFER=
refuses 2 'is no value' write --from "$recorded" IA32_EFER=zz
refuses 2 'is no value' write --from "$recorded" IA32_EFER=0x10000000000000000
refuses 2 'no value `WA`' write --from "$recorded" IA32_PAT.PA0=WA
refuses 2 'does not fit' write --from "$recorded" IA32_EFER.SCE=2
refuses 2 'low 12 bits are zero' write --from "$recorded" IA32_MTRR_PHYSBASE0.PHYSBASE=0x1001
refuses 2 'given twice' write --from "$recorded" IA32_PAT=0 0x277=1
refuses 2 'given twice' write --from "$recorded" IA32_PAT.PA0=WB 0x277.PA0=WB
refuses 2 'as a whole and by fields' write --from "$recorded" IA32_PAT=0 IA32_PAT.PA0=WB
refuses 2 'as a whole and by fields' write --from "$recorded" IA32_PAT.PA0=WB IA32_PAT=0
refuses 2 'registers; name one of them' write --from "$recorded" IA32_MTRR_PHYSBASE=0
refuses 2 'ambiguous' write --from "$recorded" 266=0
refuses 2 'nearest' write --from "$recorded" IA32_EFFER=0
refuses 2 'msr write --help' write --from "$recorded"
refuses 3 'no CPU 7' write --from "$recorded" --cpus 0,7 IA32_PAT=0

# The journal: none, an empty one, a torn one, nonsense.
refuses 1 'nothing to undo' undo
refuses 2 'no command xyz' undo xyz
json '.commands == [] and .unreadable_lines == []' undo --list
printf '{"event": "wri' >"$MSRKIT_JOURNAL"
msr undo
check 'a torn line is named' contains "$err" 'line 1 is torn'
check 'and there is nothing to undo' contains "$err" 'nothing to undo'
head -c 100000 /dev/urandom >"$MSRKIT_JOURNAL"
msr undo --list
check 'noise is no journal' test "$code" = 0
line='{"event":"write","command":"old","step":0,"verb":"write","boot":"another","cpu":0,"address":"0x174","name":"IA32_SYSENTER_CS","old":"0x0","new":"0x10","result":"0x10","steady":"0xffff","time":"then"}'
printf '%s\n' "$line" '{"event":"done","command":"old","step":0,"time":"then"}' '{"event":"end","command":"old","why":"done","time":"then"}' >"$MSRKIT_JOURNAL"
refuses 1 'before the last start of the machine' undo
json '.commands[0].status == "done" and .commands[0].this_boot == false and .commands[0].writes[0].state == "written"' undo --list

# Restore: needs a snapshot, of the same kind of source and the same model.
refuses 2 'neither auto, linux, kvm nor a file' restore "$work/missing"
refuses 2 'msr restore --help' restore
refuses 2 "is no snapshot's file" restore kvm --from "$recorded"

# A virtual CPU takes writes; it ends with the command, and so there is no journal of it.
if [[ -r /dev/kvm && -w /dev/kvm ]]; then
    rm -f "$MSRKIT_JOURNAL"
    json '.written and .states[0].state == "written" and .states[0].holds == "0x1230" and .journal == null' \
        write --from kvm IA32_SYSENTER_CS=0x1230
    check 'no journal of a virtual CPU' test ! -e "$MSRKIT_JOURNAL"
    succeeds snapshot --from kvm "$work/kvm.json"
    succeeds restore "$work/kvm.json" --from kvm
    check 'another virtual CPU is as the first' contains "$out" 'nothing to write'
    refuses 1 'is of kvm' restore "$work/kvm.json" --from "$recorded"
    # The CPU's own answer, past the checks, and the way back of what was written before.
    msr write --from kvm --force --json IA32_SYSENTER_CS=0x10 IA32_EFER=0xffffffffffffffff
    check 'refused by the CPU' test "$code" = 4
    check 'and all is put back' test "$(jq -r '.states | map(.state) | join(" ")' "$work/out")" = 'put_back refused'
fi

finish
