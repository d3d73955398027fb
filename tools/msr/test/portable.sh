#!/usr/bin/env bash
# What a virtual machine's state consists of, in which order it is restored, and what of it another CPU cannot take.
# shellcheck disable=SC2016 # messages quote with backticks
set -uo pipefail
source "$(dirname "$0")/support.sh"
haswell=$here/../report/testdata/bochs-haswell.json

# The state, in an order that restores: derived from the CPU, not from a list of KVM's.
state() { json "$1" snapshot --for-vm "$work/state" --from "$recorded" "${@:2}"; }
state '.order | map(.name) | length == (unique | length)'
state '.registers > (.order | length) and (.order | length) > 20'
state '.order | map(.name) | index("IA32_MTRR_PHYSBASE0") != null and index("IA32_PAT") != null'
state '.order | map(.name) | index("IA32_MTRR_DEF_TYPE") > index("IA32_MTRR_PHYSMASK7")'
state '.order | map(.name) | index("IA32_MTRRCAP") == null'
succeeds snapshot --for-vm "$work/state" --from "$recorded"
json '.order | map(.name) | index("IA32_MTRR_PHYSBASE0") != null' snapshot --for-vm "$work/again" --from "$work/state"
json '.changes == []' diff "$work/state" "$recorded"
# A guest has the features that it is given.
features() { json "$1" snapshot --for-vm "$work/other" --from "$haswell" --model architectural --features "$2"; }
features '.order | map(.name) | index("IA32_TSC_DEADLINE") > index("IA32_TIME_STAMP_COUNTER")' +tsc_deadline
features '.order | map(.name) | index("IA32_TSC_DEADLINE") == null' -tsc_deadline
refuses 2 'there is no model `no`' snapshot --for-vm "$work/state" --from "$recorded" --model no
refuses 2 '--probe' snapshot --for-vm --probe "$work/state" --from "$recorded"
refuses 2 '--for-vm' snapshot --profile zen-4 "$work/state"

# obstacle WHY NAME A B: among what cannot be restored.
obstacle() {
    msr portable "${@:3}"
    check "msr portable ${*:3}: exit code 1" test "$code" = 1
    check "msr portable ${*:3}: $2: $1" grep -q "$2.*$1" "$work/out"
    check "msr portable ${*:3}: no complaint" test -z "$err"
}
succeeds portable skylake-sp skylake-sp
check 'a CPU takes its own state' contains "$out" 'can be restored on skylake-sp'
succeeds portable --model architectural "$recorded" "$recorded"
obstacle 'it has no such register' IA32_PMC7 sapphire-rapids skylake-sp
obstacle 'cannot be set' IA32_EFER zen-4 skylake-sp
obstacle 'are not canonical with 48' IA32_LSTAR ice-lake-sp skylake-sp
obstacle 'it has no such register' IA32_VMX_MISC "$haswell" zen-4
# What a description leaves out is not known: that is told apart, and is no finding.
told() { jq --exit-status "$1" "$work/out" >"$work/jq"; }
msr portable --json "$haswell" zen-4
check 'not known on the target' told 'any(.not_known[]; .name == "IA32_MTRR_PHYSBASE0" and (.why | contains("of zen-4 gives no IA32_MTRRCAP")))'
check 'what is not known is no obstacle' told 'all(.obstacles[]; .name != "IA32_MTRR_PHYSBASE0")'
succeeds portable panther-lake panther-lake
check 'how many cannot be told' contains "$out" ' cannot be told: the description of panther-lake gives no IA32_MTRRCAP: '
check 'the others can be restored' contains "$out" 'all other '
json '.obstacles == [] and any(.not_known[]; .name == "IA32_MTRR_PHYSBASE0")' portable panther-lake panther-lake
# Long mode is active again as soon as paging is on.
for machine in "$haswell" "$here/../report/testdata/qemu-epyc.json"; do
    for model in kvm-7.3 kvm-6.1 architectural; do
        msr portable --json --model "$model" "$machine" "$machine"
        check "$model: EFER of $machine" told '.tried > 20 and all(.obstacles[]; .name != "IA32_EFER")'
    done
done
obstacle 'is no legal value of it' IA32_VMX_MISC "$recorded" skylake-sp

json '.obstacles == [] and .tried > 20 and .from == "zen-3"' portable zen-3 zen-3
msr portable --json sapphire-rapids skylake-sp
check 'an obstacle in JSON' jq --exit-status '.obstacles | any(.name == "IA32_PMC7" and .address == "0xc8" and .value == null and .cpus == [])' "$work/out" >"$work/jq"

# A value that only this machine can hold: an address of 57 bits.
refuses 2 'no-such-cpu' portable no-such-cpu zen-4
refuses 2 'no-such-cpu' portable zen-4 no-such-cpu
refuses 2 'required' portable zen-4
refuses 2 'there is no model' portable --model no zen-4 zen-4
printf '{"format": "msrkit-snapshot", "version": 1' >"$work/torn"
refuses 2 truncated portable "$work/torn" zen-4

finish
