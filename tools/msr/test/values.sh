#!/usr/bin/env bash
# Values to words and back: decode, encode, read, show and find.
# shellcheck disable=SC2016 # messages quote with backticks
set -uo pipefail
source "$(dirname "$0")/support.sh"

json '.fields.SCE.raw == "0x1" and .fields.LME.raw == "0x1" and .fields.SVME.raw == "0x0" and .address == "0xc0000080"' \
    decode IA32_EFER 0xd01
json '.value == "0xd01"' decode msr_efer 3329
json '.value == "0xd01"' decode 0xC0000080 0b110100000001
json '.fields.PA1.meaning == "WT" and .fields.PA7.meaning == "UC" and .name == "IA32_PAT"' decode ia32_pat 0x0007040600070406
json '.fields.MCACOD.meaning == "INTERNAL_TIMER"' decode IA32_MC0_STATUS 0xBE00000000800400

json '.value == "0xd01"' encode IA32_EFER SCE=1 LME=1 LMA=1 NXE=1
json '.value == "0x7040600070406"' encode IA32_PAT PA0=WB PA1=WT PA2=UC_MINUS PA3=UC PA4=WB PA5=WT PA6=UC_MINUS PA7=UC
json '.value == "0xc0000006" and .name == "IA32_MTRR_PHYSBASE3"' encode IA32_MTRR_PHYSBASE3 PHYSBASE=0xC0000000 TYPE=WB
json '.value == "0xfe"' encode IA32_PAT --old 0xff PA0=6
refuses 2 'does not fit' encode IA32_EFER SCE=2
refuses 2 'low 12 bits are zero' encode IA32_MTRR_PHYSBASE0 PHYSBASE=0x1001
refuses 2 'no legal value' encode IA32_PAT PA0=2
refuses 2 'no value `WA`' encode IA32_PAT PA0=WA
refuses 2 'no field `XYZ`' encode IA32_EFER XYZ=1
refuses 2 'FIELD=VALUE' encode IA32_EFER SCE
refuses 2 'is no value' encode IA32_EFER SCE=
refuses 2 'is no value' encode IA32_EFER --old zz SCE=1

# What is encoded decodes to the same fields.
for value in 0x0 0x5 0x7 0xf00d; do
    msr encode IA32_FEATURE_CONTROL --old "$value" LOCK=1
    check "encode keeps the other bits of $value" test "$out" = "$(printf '0x%x' $((value | 1)))"
done

succeeds show IA32_EFER
check 'a bit diagram' contains "$out" '63     56 55'
check 'where the facts are from' contains "$out" 'SDM'
json '.registers | length > 3 and (map(.name) | unique == ["MSR_TURBO_RATIO_LIMIT"])' show MSR_TURBO_RATIO_LIMIT
json '.registers[0].fields | map(select(.name == "SCE")) | .[0].bits == "0"' show 0xc0000080
json '.matches[0].name | endswith(".IBRS")' find ibrs
msr find 'no such word anywhere'
check 'nothing found is exit code 1' test "$code" = 1
json '.registers | map(.name) | contains(["IA32_MTRRCAP", "IA32_PAT"])' list --topic 'Memory types'

finish
