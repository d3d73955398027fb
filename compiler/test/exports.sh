#!/usr/bin/env bash
# The catalogue for programs that are not in C++: what msr-catalogue writes is compiled, run and parsed, and JSON says what
# the tool says. Arguments: msr-catalogue, msr, the catalogue's folder.
set -uo pipefail
compiler=$1 tool=$2 catalogue=$3
here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
checks=0
failures=0

# check WHAT COMMAND...: succeeds, or says what the command said.
check() {
    checks=$((checks + 1))
    "${@:2}" >"$work/said" 2>&1 && return
    failures=$((failures + 1))
    echo "FAILED: $1"
    head -n 20 "$work/said"
}

emit() { "$compiler" emit --as "$1" "$catalogue" "$work/$2"; }
refused() { ! "$@"; }

check 'write C' emit c msr.h
check 'write Rust' emit rust msr.rs
check 'write JSON' emit json msr.json
check 'leave nothing else' test "$(ls "$work")" = $'msr.h\nmsr.json\nmsr.rs\nsaid'

strict=(-Wall -Wextra -Werror -pedantic -I"$work" -o "$work/program")
check 'C99' gcc -std=c99 "${strict[@]}" "$here/exports_test.c"
check 'what C99 made of it' "$work/program"
check 'C99, as a kernel' gcc -std=c99 -ffreestanding -mgeneral-regs-only "${strict[@]}" -c "$here/exports_test.c"
check 'C++' g++ -x c++ "${strict[@]}" "$here/exports_test.c"
check 'what C++ made of it' "$work/program"
# shellcheck disable=SC2016 # the assembler's $
printf '#include "msr.h"\n mov $IA32_EFER, %%ecx\n mov $IA32_MTRR_PHYSMASK(2), %%ecx\n mov $IA32_EFER_SCE_MASK, %%eax\n' >"$work/kernel.S"
check 'the assembler' gcc -I"$work" -c -o "$work/kernel.o" "$work/kernel.S"

if command -v rustc >/dev/null; then
    cp "$here/exports_test.rs" "$work/lib.rs"
    check 'Rust' rustc --crate-type lib --emit metadata -D warnings --out-dir "$work" "$work/lib.rs"
else
    echo 'SKIPPED: Rust: there is no rustc (Debian: rustc)'
fi

# The tool's own words, register by register.
facts='{name, variant, title, topic, address, members, stride, exists, access, scope, varies, fields_known, aliases}'
listed() { "$tool" list --json | jq --compact-output ".registers[] | $facts" | sort; }
exported() { jq --compact-output ".registers[] | $facts" "$work/msr.json" | sort; }
same() { diff <(listed) <(exported) && (($(exported | wc -l) > 500)); }
check 'JSON says what `msr list` says' same
# Fields, of registers that have what is seldom: alternatives, positions that follow a quantity, layouts, formulas.
field='{name, kind, exists, title, value: (.value // ""), unit: (.unit // "")}'
shown() { "$tool" show "$1" --json | jq --compact-output ".registers[].fields[] | $field" | sort --unique; }
exported_fields() {
    jq --compact-output --arg name "$1" ".registers[] | select(.name == \$name) | .fields[] | $field" "$work/msr.json" | sort --unique
}
# The tool shows, of alternatives, the first.
same_fields() { [[ -n $(shown "$1") && -z $(comm -23 <(shown "$1") <(exported_fields "$1")) ]]; }
for name in IA32_EFER IA32_PAT IA32_MTRR_PHYSMASK IA32_MCi_STATUS IA32_APIC_BASE MSR_RAPL_POWER_UNIT IA32_THERM_STATUS PSTATE_DEF; do
    check "JSON says what msr show $name says" same_fields "$name"
done
# Every name that something refers to is there.
check 'references' jq --exit-status '
    ([.enumerations[].name] as $known | [.registers[], .layouts[] | .fields[].values // empty] | all(IN($known[]))) and
    ([.layouts[].name] as $known | [.registers[].parts[].layout] | all(IN($known[]))) and
    ([.rules[].name] as $known | [.registers[].rules[]] | all(IN($known[]))) and
    ([.registers[].place] | unique | length) == (.registers | length)' "$work/msr.json"

# Nothing is written where there is nothing to write, and no half of it.
check 'no such form' refused "$compiler" emit --as cobol "$catalogue" "$work/msr.cbl"
mkdir "$work/wrong" "$work/taken"
echo 'registers: [{name: R}]' >"$work/wrong/wrong.yaml"
check 'a wrong catalogue' refused "$compiler" emit --as c "$work/wrong" "$work/wrong.h"
check 'an output that is a folder' refused "$compiler" emit --as c "$catalogue" "$work/taken"
check 'nothing was left' test ! -e "$work/msr.cbl" -a ! -e "$work/wrong.h" -a ! -e "$work/taken.new"

echo "$checks checks, $failures failed"
exit $((failures > 0))
