#!/usr/bin/env bash
# CPUs that need not be here: msr profile, --profile and --features.
# shellcheck disable=SC2016 # messages quote with backticks
set -uo pipefail
source "$(dirname "$0")/support.sh"

of_cpuid=$here/../../../msr/catalogue/load/testdata/cpuid-r-1.txt

# Known CPUs
json '.profiles | map(.name) | contains(["skylake-sp", "ice-lake-sp", "sapphire-rapids", "panther-lake", "zen-2", "zen-3", "zen-4", "zen-5", "max-intel", "max-amd"])' \
    profile list
names=$("$tool" profile list --json | jq --raw-output '.profiles[].name')
for name in $names; do
    succeeds profile "$name"
    check "the page of $name names it" contains "$out" "$name"
    # A profile file of it reads back the same.
    succeeds profile "$name" --yaml
    cp "$work/out" "$work/$name.yaml"
    "$tool" profile "$name" --json >"$work/before"
    json '.name' profile "$work/$name.yaml"
    check "$name: the file reads back the same" diff "$work/before" "$work/out"
done
json '.vendor == "amd" and .family == 26 and .quantities.MAXPHYADDR == 52 and (.features | index("svm")) and (.features | index("fred") | not)' \
    profile zen-5
json '.processor == "panther_lake" and (.features | contains(["fred", "lkgs"]))' profile panther-lake

# Files: the output of cpuid -r, a snapshot, and this machine's, which here is a snapshot
json '.processor == "emerald_rapids" and (.features | index("hypervisor")) and (.sources[0] | contains("cpuid -r"))' profile "$of_cpuid"
{ cat "$of_cpuid" && sed 's/^CPU:/CPU 1:/' "$of_cpuid"; } >"$work/two"
json '.sources[0] | contains("the first of 2 CPUs")' profile "$work/two"
json '(.registers | length > 0) and (.cpuid | length > 5)' profile "$recorded"
succeeds profile --from "$recorded" --json
cp "$work/out" "$work/by_from"
succeeds profile host --from "$recorded" --json
check 'host is what --from names' diff "$work/by_from" "$work/out"
for source in "$of_cpuid" "$recorded"; do
    succeeds profile "$source" --yaml
    cp "$work/out" "$work/file.yaml"
    "$tool" profile "$source" --json >"$work/before"
    json '.name' profile "$work/file.yaml"
    check "$source: the file reads back the same" diff "$work/before" "$work/out"
done

# A verb that needs only a CPU: FRED's registers are there where FRED is.
json '.allowed' check IA32_FRED_CONFIG 0 --profile panther-lake
refuses 1 'this CPU has no IA32_FRED_CONFIG' check IA32_FRED_CONFIG 0 --profile sapphire-rapids
json '.allowed' check IA32_FRED_CONFIG 0 --profile sapphire-rapids --features +fred,+lkgs
refuses 1 'this CPU has no IA32_FRED_CONFIG' check IA32_FRED_CONFIG 0 --profile panther-lake --features -fred
json '.registers | map(.name) | index("VM_HSAVE_PA")' list --profile zen-3
json '.registers | map(.name) | index("VM_HSAVE_PA") | not' list --profile skylake-sp
json '.fields.SVME.raw == "0x1"' decode IA32_EFER 0x1000 --profile zen-4
json '.fields | has("SVME") | not' decode IA32_EFER 0x1000 --profile skylake-sp
json '.registers | length == 1' show 0xc0010015 --profile zen-4
msr find fred --profile sapphire-rapids
check 'find shows what the CPU has' without "$out" IA32_FRED_CONFIG
json '.value == "0x1000"' encode IA32_LSTAR RIP=0x1000 --profile zen-2
msr encode IA32_LSTAR RIP=0x00ff000000000000 --profile zen-2
check 'encode says that the CPU would refuse it' test "$code" = 1
# Every refused bit, each with its reason; a command is not called lost.
msr check IA32_PAT 0x0302 --profile zen-4
check 'both illegal memory types are named' test "$(grep -c '^refused: IA32_PAT.PA[01]: ' <<<"$out")" = 2
msr check IA32_PAT 0x0302 --profile zen-4 --json
check 'and all bits that are refused' jq --exit-status '.allowed == false and (.reasons | length) == 2 and .refused_bits == "0x707"' "$work/out"
succeeds check IA32_PRED_CMD 1 --profile sapphire-rapids
check 'a command arrives' without "$out" 'would not arrive'
# A width counts: 57 bits of linear address on one, 48 on the other.
json '.allowed' check IA32_LSTAR 0x00ff000000000000 --profile sapphire-rapids
msr check IA32_LSTAR 0x00ff000000000000 --profile skylake-sp
check 'not canonical on 48 bits' test "$code" = 1
# With a file, and with this machine changed.
json '.allowed' check IA32_FRED_CONFIG 0 --profile "$work/panther-lake.yaml"
# What a feature needs comes with it, and a name can stand for several.
json '.features | contains(["fred", "lkgs"]) and (any(startswith("cet_")) | not)' profile sapphire-rapids --features +fred,-cet
json '.allowed' check IA32_FRED_CONFIG 0 --profile host --from "$recorded" --features +fred,+lkgs
json '.allowed' check IA32_FRED_CONFIG 0 --from "$recorded" --features +fred --features +lkgs
mkdir "$work/own"
sed 's/^profile: .*/profile: our-cpu/' "$work/zen-4.yaml" >"$work/own/cpu.yaml"
printf 'features: [{name: our_feature, title: Ours, condition: svm and smca}]\n' >"$work/own/features.yaml"
json '.name == "our-cpu" and .derived_features == ["our_feature"]' profile our-cpu --catalogue "$work/own"

# What is refused
refuses 2 'the nearest are zen-' show IA32_EFER --profile zen-6
refuses 2 'both name a CPU' check IA32_EFER 0 --profile zen-4 --from "$recorded"
refuses 2 'one CPU' check IA32_EFER 0 --profile zen-4 --cpus 1
refuses 2 'the nearest are cet_' check IA32_EFER 0 --profile zen-4 --features -cetss
refuses 2 'it follows from `svm and smca`' check IA32_EFER 0 --profile our-cpu --catalogue "$work/own" --features +our_feature
refuses 2 'a hypervisor announces it' check IA32_EFER 0 --profile zen-4 --features +kvm
refuses 2 '`fred` needs `lkgs`' check IA32_EFER 0 --profile sapphire-rapids --features +fred,-lkgs
refuses 2 '`lkgs` cannot be left out: `fred` needs it' check IA32_EFER 0 --profile panther-lake --features -lkgs
refuses 2 'contradicts' check IA32_EFER 0 --profile zen-4 --features +fred,-fred
refuses 2 'write +name or -name' check IA32_EFER 0 --profile zen-4 --features fred
refuses 2 '--profile' read IA32_EFER --profile zen-4
refuses 2 'excludes' profile zen-4 --yaml --json
sed 's/eax=0x00000002/eax=0xzz/' "$of_cpuid" >"$work/damaged"
refuses 2 "$work/damaged:" profile "$work/damaged"
printf 'profile: x1\ntitle: Test\ncpuid:\n  07H: [1]\n' >"$work/damaged"
refuses 2 "$work/damaged:4" check IA32_EFER 0 --profile "$work/damaged"
head -c 300 "$recorded" >"$work/truncated"
refuses 2 'truncated' profile "$work/truncated"
: >"$work/empty"
refuses 2 "$work/empty" profile "$work/empty"
refuses 2 'Is a directory' profile "$work"

finish
