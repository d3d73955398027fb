#!/usr/bin/env bash
# Intercept policies on the command line: decisions with reasons, the chain behind one, maps, filters, differences.
# shellcheck disable=SC2016 # messages quote with backticks
set -uo pipefail
source "$(dirname "$0")/support.sh"

fred=(--policy kvm-fred --guest panther-lake)

# Policies that ship
json '.policies | map(.name) | contains(["deny-all", "kvm-6.1-svm", "kvm-6.1-vmx", "kvm-7.3-svm", "kvm-7.3-vmx", "kvm-fred", "lean"])' \
    intercept list
json '(.settings | map(.name) | index("mediated_pmu")) and (.states | map(.name) | index("svme"))' intercept list --inputs
json 'all(.registers[]; .read.exits and .write.exits)' intercept --policy deny-all --guest max-intel
json '.on == "svm"' intercept --policy deny-all --guest zen-5
names=$("$tool" intercept list --json | jq --raw-output '.policies[].name')
for name in $names; do
    for guest in skylake-sp max-intel zen-5; do
        msr intercept --policy "$name" --guest "$guest" --json
        check "$name, $guest: decided" jq --exit-status '.registers | length > 0' "$work/out"
        check "$name, $guest: each decision has its reason" jq --exit-status 'all(.registers[]; (.read.why | length > 0) and (.write.why | length > 0))' "$work/out"
    done
done

# passes REGISTER yes|no ARGUMENTS...: both directions.
passes() {
    local wanted=false
    [[ $2 == no ]] && wanted=true
    json "all(.registers[]; .read.exits == $wanted and .write.exits == $wanted)" intercept "$1" "${@:3}"
}

# FRED: passes where host and guest have it; PL0_SSP keeps the condition of shadow stacks.
per_task=(IA32_FRED_RSP0 IA32_FRED_RSP1 IA32_FRED_RSP2 IA32_FRED_RSP3 IA32_FRED_SSP1 IA32_FRED_SSP2 IA32_FRED_SSP3)
once=(IA32_FRED_STKLVLS IA32_FRED_CONFIG)
for register in "${per_task[@]}" "${once[@]}"; do
    passes "$register" yes "${fred[@]}"
    passes "$register" no "${fred[@]}" --features -fred
    passes "$register" no "${fred[@]}" --host sapphire-rapids
    passes "$register" no --policy kvm-7.3-vmx --guest panther-lake
done
passes IA32_PL0_SSP yes "${fred[@]}"
passes IA32_PL0_SSP no "${fred[@]}" --features -cet_ss
passes IA32_FRED_RSP0 yes "${fred[@]}" --features -cet_ss
for register in "${once[@]}"; do
    passes "$register" no --policy lean --guest panther-lake
done

# States and settings
passes IA32_SPEC_CTRL no --policy kvm-7.3-vmx --guest sapphire-rapids
passes IA32_SPEC_CTRL yes --policy kvm-7.3-vmx --guest sapphire-rapids --set spec_ctrl_nonzero_once
json '.set == ["mediated_pmu", "svme"]' intercept --policy lean --guest max-intel --set svme,mediated_pmu
json '.registers[] | select(.name | startswith("IA32_PMC0")) | .read.exits | not' \
    intercept --policy kvm-7.3-vmx --guest sapphire-rapids --set mediated_pmu
json '.registers | map(.name) == ["IA32_XFD"]' intercept --policy lean --guest max-intel --features -cet_ss --set svme IA32_XFD
# A name means what the guest's CPU calls so.
json '.registers | map(.first) == ["0x680"]' intercept MSR_LASTBRANCH_0_FROM_IP --policy kvm-7.3-vmx --guest skylake-sp
# Only the members that the guest has.
passes IA32_PMC0 yes --policy kvm-7.3-vmx --guest skylake-sp --host max-intel --set mediated_pmu
passes IA32_PMC7 no --policy kvm-7.3-vmx --guest skylake-sp --host max-intel --set mediated_pmu

# The table and the chain
succeeds intercept "${fred[@]}"
check 'the table says what else happens' contains "$out" 'What is not listed exits.'
check 'the table has reasons' contains "$out" 'The VMCS holds both bases'
check 'the table has what is missing' contains "$out" 'missing: setting.cstates_in_guest'
succeeds intercept "${fred[@]}" --features -cet_ss --explain IA32_PL0_SSP
check 'the chain: which part holds' contains "$out" 'yes       host.cet_ss'
check 'the chain: which does not' contains "$out" 'no        guest.cet_ss'
check 'the chain: where the row stands' contains "$out" 'kvm-7.3-vmx, line '
check 'the chain: both reasons' contains "$out" 'worth: '
succeeds intercept --policy kvm-7.3-vmx --guest skylake-sp --host max-intel --explain IA32_PERF_GLOBAL_CTRL
check 'the chain: the values of a comparison' contains "$out" '(guest.GENERAL_COUNTERS is '
json '.registers[0].read.rows | any(.decides and (.parts | all(.holds == "yes")))' intercept "${fred[@]}" --explain IA32_FRED_RSP0
succeeds intercept "${fred[@]}" --explain 0x40000000
check 'the chain: outside of the map' contains "$out" 'The map does not cover it'

# Maps: the bit of every register as decided, whole files only
map_bit() { # FILE BIT
    local byte
    byte=$(od -An -tu1 -j $(($2 / 8)) -N 1 "$1")
    echo $((byte >> ($2 % 8) & 1))
}
succeeds intercept "${fred[@]}" --as vmx-bitmap -o "$work/bitmap"
check 'a bitmap has 4 KiB' test "$(stat -c %s "$work/bitmap")" = 4096
while read -r index read write; do
    offset=$((index & 0x1FFF))
    part=$((index >= 0xC0000000 ? 1 : 0))
    check "the bitmap: reads of $index" test "$(map_bit "$work/bitmap" $((part * 8192 + offset)))" = "$read"
    check "the bitmap: writes of $index" test "$(map_bit "$work/bitmap" $(((part + 2) * 8192 + offset)))" = "$write"
done < <("$tool" intercept "${fred[@]}" --json |
    jq --raw-output '.registers[] | "\(.first) \(if .read.exits then 1 else 0 end) \(if .write.exits then 1 else 0 end)"')
succeeds intercept --policy kvm-7.3-svm --guest zen-5 --as svm-map -o "$work/map"
check 'a permission map has 8 KiB' test "$(stat -c %s "$work/map")" = 8192
succeeds intercept "${fred[@]}" --as json -o "$work/decisions"
check 'JSON in a file' jq --exit-status '.policy == "kvm-fred"' "$work/decisions"

# Filters: what is rendered allows what passes, and a policy under it decides the same.
succeeds intercept "${fred[@]}" --as kvm-filter -o "$work/filter"
msr intercept diff kvm-fred --guest panther-lake --filter-b "$work/filter"
check 'under its own filter nothing changes' test "$code" = 0
printf '{"format": "msrkit-kvm-filter", "version": 1, "default": "allow", "ranges": [{"access": "w", "base": "IA32_FS_BASE", "count": 2, "allowed": ["IA32_FS_BASE"]}]}\n' >"$work/own"
json '.registers[0] | (.read.exits | not) and .write.exits and (.write.why | contains("denied by range 1"))' \
    intercept IA32_GS_BASE "${fred[@]}" --filter "$work/own"
succeeds intercept "${fred[@]}" --filter "$work/own" --explain IA32_GS_BASE
check 'the chain: the range that decided' contains "$out" 'filter: denied by range 1'
# A filter, read back: each range, the registers by name, and what holds for the rest.
succeeds intercept filter "$work/own"
check 'a filter: the range' contains "$out" 'range 1   w   0xc0000100-0xc0000101'
check 'a filter: the register by name' contains "$out" 'IA32_FS_BASE'
check 'a filter: what else holds' contains "$out" 'all else is allowed'
succeeds intercept filter "$work/filter"
check 'a filter that was written' contains "$out" 'all else is denied'
json '.default == "allow" and (.ranges | length) == 1 and (.ranges[0] | .access == "w" and .count == 2)' intercept filter "$work/own"
json '.ranges[0].allowed == [{"first": "0xc0000100", "last": "0xc0000100", "names": ["IA32_FS_BASE"]}]' intercept filter "$work/own"
printf '{"format": "msrkit-kvm-filter", "version": 1, "default": "deny", "ranges": []}\n' >"$work/refused"
refuses 2 'denies by default and has no range' intercept filter "$work/refused"
refuses 2 "$work/nothing" intercept filter "$work/nothing"
refuses 2 'required' intercept filter
# A filter that denies all still has to be one that KVM takes.
succeeds intercept --policy deny-all --guest panther-lake --as kvm-filter -o "$work/none"
json 'all(.registers[]; .read.exits and .write.exits)' intercept "${fred[@]}" --filter "$work/none"

# Differences
msr intercept diff kvm-7.3-vmx kvm-fred --guest panther-lake --json
check 'a difference is a finding' test "$code" = 1
check 'what the series adds' jq --exit-status '[.differences[].name] | index("IA32_FRED_RSP0") and (index("IA32_PL0_SSP") | not)' "$work/out"
msr intercept diff kvm-fred --guest panther-lake --guest-b sapphire-rapids
check 'two guests' contains "$out" 'missing: guest.fred'
msr intercept diff kvm-fred --guest panther-lake --set-b spec_ctrl_nonzero_once --json
check 'two states' jq --exit-status '.differences | map(.name) == ["IA32_SPEC_CTRL"]' "$work/out"
msr intercept diff kvm-fred kvm-fred --guest panther-lake
check 'nothing differs' test "$code" = 0

# A policy of one's own
own=$work/policy.yaml
own_policy() { printf 'policy: own\ntitle: For a test\nrows:\n%b' "$1" >"$own"; }
reasons='    safe: Nobody is harmed\n    worth: It is often read\n'
own_policy "  - registers: [IA32_TSC_AUX]\n    access: rw\n    pass: guest.rdtscp and state.svme\n$reasons"
passes IA32_TSC_AUX yes --policy "$own" --guest zen-5 --set svme
passes IA32_TSC_AUX no --policy "$own" --guest zen-5
printf 'policy: own\ntitle: For a test\nextends: lean\nexcept: [IA32_FS_BASE, IA32_GS_BASE]\n' >"$own"
msr intercept diff lean "$own" --guest zen-5 --json
check 'lean without two registers' jq --exit-status '.differences | map(.name) == ["IA32_FS_BASE", "IA32_GS_BASE"]' "$work/out"
own_policy "  - registers: [IA32_TSC_OX]\n    access: rw\n    pass: always\n$reasons"
refuses 2 "$own:4: no register is called \`IA32_TSC_OX\`" intercept --policy "$own" --guest zen-5
own_policy "  - registers: [IA32_TSC_AUX]\n    access: rw\n    pass: guest.rdtscpp\n$reasons"
refuses 2 "$own:6: " intercept --policy "$own" --guest zen-5
own_policy "  - registers: [IA32_TSC_AUX]\n    access: rw\n    pass: state.nothing\n$reasons"
refuses 2 'no state is called `nothing`' intercept --policy "$own" --guest zen-5
own_policy "  - registers: [IA32_TSC_AUX]\n    access: rw\n    pass: always\n"
refuses 2 "$own:4: " intercept --policy "$own" --guest zen-5
own_policy "  - {registers: [IA32_DEBUGCTL], access: r, pass: guest.fred, safe: Nobody is harmed, worth: It is often read}\n  - {registers: [IA32_DEBUGCTL], access: rw, intercept: Somebody has to know}\n"
refuses 2 "$own:5: it contradicts the row in line 4" intercept --policy "$own" --guest zen-5
printf 'title: Nothing\n' >"$own"
refuses 2 "$own" intercept --policy "$own" --guest zen-5
: >"$own"
refuses 2 'it is empty' intercept --policy "$own" --guest zen-5

# The documentation's example does what it says.
sed -n '/^policy: ours$/,/^```$/{/^```$/!p}' "$here/../../../docs/intercepts.md" >"$own"
passes IA32_PMC0 yes --policy "$own" --guest sapphire-rapids --set mediated_pmu
passes IA32_PMC0 no --policy "$own" --guest sapphire-rapids
passes IA32_XFD no --policy "$own" --guest sapphire-rapids --set xfd_written
json '.registers[0].write.why == "We have to know the guest'"'"'s mode."' intercept IA32_EFER --policy "$own" --guest sapphire-rapids

# What several rows lack is said once.
own_policy "  - registers: [IA32_TSC_AUX]\n    access: rw\n    pass: guest.fred\n$reasons  - registers: [IA32_TSC_AUX]\n    access: r\n    pass: guest.fred and guest.fred\n$reasons"
json '.registers[0].read.why == "missing: guest.fred"' intercept --policy "$own" --guest zen-5

# A CPU of the other vendor is hardly meant.
msr intercept --policy kvm-7.3-vmx --guest zen-4
check 'the other vendor: decided all the same' test "$code" = 0
check 'the other vendor: it is noted' contains "$err" 'the decisions are for VMX, and zen-4 has SVM in its place'
check 'the other vendor: one line' one_line "$err"

# Thousands of registers that differ are one difference.
own_policy "  - registers: [0xC0000000-0xC0001FFF]\n    access: rw\n    pass: always\n$reasons"
msr intercept diff deny-all "$own" --guest zen-5 --json
check 'a range is one difference' jq --exit-status '.differences | map([.first, .last]) == [["0xc0000000", "0xc0001fff"]]' "$work/out"

# What is refused
refuses 2 'there is no policy and no file `kvm`' intercept --policy kvm --guest zen-5
refuses 2 'a policy and a guest have to be named' intercept --policy lean
refuses 2 'the nearest are zen-' intercept --policy lean --guest zen-6
refuses 2 'no setting and no state is called `mediated`' intercept --policy lean --guest zen-5 --set mediated
refuses 2 'the policy kvm-7.3-vmx is for VMX' intercept --policy kvm-7.3-vmx --guest zen-5 --vendor svm
refuses 2 'has no map of its own' intercept --policy lean --guest zen-5 --vendor arm
refuses 2 'the decisions are for SVM' intercept --policy lean --guest zen-5 --as vmx-bitmap -o "$work/no"
refuses 2 'name it with -o' intercept --policy lean --guest zen-5 --as json
refuses 2 'requires --as' intercept --policy lean --guest zen-5 -o "$work/no"
refuses 2 'excludes' intercept --policy lean --guest zen-5 --as json -o "$work/no" --explain IA32_EFER
refuses 2 'excludes' intercept --policy lean --guest zen-5 --as json -o "$work/no" IA32_EFER
refuses 2 'excludes' intercept --policy lean --guest zen-5 --explain IA32_EFER IA32_STAR
check 'nothing was written' test ! -e "$work/no"
refuses 2 'is a field' intercept IA32_EFER.SCE --policy lean --guest zen-5
refuses 2 'no register is called' intercept --policy lean --guest zen-5 --explain IA32_EFFER
refuses 2 'a guest has to be named' intercept diff lean deny-all
refuses 2 "$work/nothing" intercept --policy lean --guest zen-5 --filter "$work/nothing"
msr intercept "${fred[@]}" --as vmx-bitmap -o "$work/no/folder"
check 'a file that cannot be written' test "$code" != 0
check 'one line says so' one_line "$err"

finish
