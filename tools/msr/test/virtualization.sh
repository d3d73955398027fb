#!/usr/bin/env bash
# msr vmx, msr svm, msr vmx adjust: on recorded machines, and what is refused.
# shellcheck disable=SC2016 # messages quote with backticks
set -uo pipefail
source "$(dirname "$0")/support.sh"
haswell=$here/../report/testdata/bochs-haswell.json
epyc=$here/../report/testdata/qemu-epyc.json

succeeds vmx --from "$haswell"
check 'vmx: the verdict' contains "$out" 'ready: firmware or the system allowed it'
check 'vmx: a list has a limit' contains "$out" 'an MSR list has at most 512 entries'
check 'vmx: controls by name' contains "$out" 'UNRESTRICTED_GUEST'
json '.vmx[0].says.ready and .vmx[0].cpus == [0] and .vmx[0].says.msr_list_entries == 512' vmx --from "$haswell"
json '.vmx[0].says.controls.proc2.choice | index("ENABLE_EPT") and (index("ENABLE_PML") | not)' vmx --from "$haswell"
json '.vmx[0].says.ready == false and .vmx[0].says.why == "the CPU does not announce it"' vmx --from "$epyc"
succeeds vmx --profile zen-4
check 'vmx on AMD: says so' contains "$out" 'not ready; it fails at CPUID'
succeeds vmx --profile skylake-sp
check 'vmx of a profile: no values are known' contains "$out" 'it fails at IA32_FEATURE_CONTROL: not known'

succeeds svm --from "$epyc"
check 'svm: the verdict' contains "$out" 'ready: the system may set EFER.SVME'
json '.svm[0].says.ready and .svm[0].says.why == "SVME is 0: the system may set it"' svm --from "$epyc"
json '.svm[0].cpus == [0, 1] and (.svm[0].says.features | index("nested_paging"))' svm --from "$epyc"
succeeds svm --from "$haswell"
check 'svm on Intel: says so' contains "$out" 'not ready; it fails at CPUID'

succeeds vmx adjust --from "$haswell" proc=use_msr_bitmaps 'proc2=ENABLE_EPT,?UNRESTRICTED_GUEST,?ENABLE_PML' \
    exit=HOST_ADDRESS_SPACE_SIZE,LOAD_IA32_EFER entry=IA_32E_MODE_GUEST,LOAD_IA32_EFER
check 'adjust: the secondary controls follow' contains "$out" 'ACTIVATE_SECONDARY_CONTROLS'
check 'adjust: what was dropped' contains "$out" 'dropped: ENABLE_PML'
json '.met and .sets.proc2.value == "0x82" and .sets.proc2.dropped == ["ENABLE_PML"]' \
    vmx adjust --from "$haswell" 'proc2=ENABLE_EPT,?UNRESTRICTED_GUEST,?ENABLE_PML'
json '.sets.proc2.controls == ["ENABLE_EPT", "ENABLE_PML"]' vmx adjust --from "$recorded" 'proc2=?ENABLE_EPT,?ENABLE_PML'
json '.sets.proc2.controls == ["ENABLE_EPT"]' \
    vmx adjust --from "$recorded" --against "$haswell" 'proc2=?ENABLE_EPT,?ENABLE_PML'
json '.sets.proc2.controls == ["ENABLE_EPT", "UNRESTRICTED_GUEST"]' vmx adjust --from "$haswell" proc2=0x82

# refused SENTENCE ARGUMENTS...: exit code 1, and the sentence on standard output.
refused() {
    msr vmx adjust "${@:2}"
    check "adjust ${*:2}: exit code 1" test "$code" = 1
    check "adjust ${*:2}: says '$1'" contains "$out" "$1"
}
refused 'proc2.ENABLE_PML cannot be 1 on this CPU' --from "$haswell" proc2=ENABLE_PML
refused 'proc2.UNRESTRICTED_GUEST needs a control that is not 1: proc2.ENABLE_EPT (SDM 3 27.2.1.1)' \
    --from "$haswell" proc2=UNRESTRICTED_GUEST
refused 'pin.NMI_EXITING is both required and forbidden' --from "$haswell" pin=NMI_EXITING,-NMI_EXITING
refused 'entry.LOAD_IA32_PAT has a counterpart that is not 1: exit.LOAD_IA32_PAT' --from "$haswell" entry=LOAD_IA32_PAT
succeeds vmx adjust --unpaired --from "$haswell" entry=LOAD_IA32_PAT
msr vmx adjust --json --from "$haswell" proc2=ENABLE_PML
check 'adjust --json: a refusal' jq --exit-status '.met == false and .control == "proc2.ENABLE_PML"' "$work/out"

refuses 2 'there is no set of controls `cpu`' vmx adjust --from "$haswell" cpu=1
refuses 2 'pin has no control `NMI`: it has EXTERNAL_INTERRUPT_EXITING, NMI_EXITING' vmx adjust --from "$haswell" pin=NMI
refuses 2 '`pin` asks for nothing' vmx adjust --from "$haswell" pin
refuses 2 'pin has no control ``' vmx adjust --from "$haswell" pin=
refuses 2 'the set has 32 bits' vmx adjust --from "$haswell" pin=0x100000000
refuses 3 'CPU 0 has no VMX controls: it does not announce VMX' vmx adjust --from "$epyc" pin=NMI_EXITING
refuses 3 'it does not announce VMX' vmx adjust --from "$haswell" --against "$epyc" pin=NMI_EXITING
refuses 3 'IA32_VMX_BASIC is not recorded' vmx adjust --profile skylake-sp pin=NMI_EXITING
refuses 2 'cannot read from /nowhere' vmx adjust --from "$haswell" --against /nowhere pin=NMI_EXITING

finish
