#!/usr/bin/env bash
# Reading a recorded machine: values, registers that refused, and the comparison of two recordings.
set -uo pipefail
source "$(dirname "$0")/support.sh"

json '.registers[0].name == "IA32_EFER" and (.registers[0].values | all(.fields.LMA.raw == "0x1"))' \
    read IA32_EFER --from "$recorded"
json '.registers[0].values | map(.cpu) == [0]' read IA32_EFER --from "$recorded" --cpus 0
json '.registers[0].values[0].fields | keys == ["SCE"]' read IA32_EFER.SCE --from "$recorded"
json '.registers | length > 0' list --from "$recorded"

# What a whole value says, with what other registers of the machine hold; and what it cannot hold.
json '.registers[0].values[0].meaning == "UC 0xc0000000 + 1 GiB"' read IA32_MTRR_PHYSMASK0 --from "$recorded"
json '.registers[0].values[0] | has("reserved_bits") | not' read IA32_APIC_BASE --from "$recorded"
json '.meaning == "WB 0x80000000 + 1 GiB"' decode IA32_MTRR_PHYSBASE0 0x80000006 --from "$recorded"
json '.reserved_bits == "0x200"' decode IA32_APIC_BASE 0xfee00a00 --from "$recorded"
json '.meaning == "a corrected error: memory controller, read, channel 1"' decode IA32_MC7_STATUS 0x8800004000000091
json 'has("meaning") | not' decode IA32_EFER 0xd01
# CPUs whose registers are equal, but not what they mean with others: each says its own.
sed -e '/^"crc32"/d' -e 's/^\["00000200", .*/["00000200", "0x80000000", "0xc0000006"],/' \
    "$here/../report/testdata/qemu-epyc.json" >"$work/two.json"
checksum=$(gzip --stdout "$work/two.json" | tail --bytes=8 | od --address-radix=n --format=x4 --read-bytes=4)
printf '"crc32": "%s"}\n' "${checksum# }" >>"$work/two.json"
json '.registers[0].values | map(.meaning) == ["UC 0x80000000 + 2 GiB", "WB 0xc0000000 + 2 GiB"]' \
    read IA32_MTRR_PHYSMASK0 --from "$work/two.json"
msr read IA32_MTRR_PHYSMASK0 --from "$work/two.json"
check 'two lines for two meanings' test "$(wc -l <"$work/out")" = 4
msr decode IA32_PAT 0x7040600070406
check 'the sentence comes first' contains "$out" '
    entries 0 to 7: WB WT UC- UC WB WT UC- UC
'

# An address that the recording lacks: its line says so; nothing else could be read.
msr read 0x7ff00000 --from "$recorded"
check 'nothing could be read: exit code 4' test "$code" = 4
check 'the line says why' contains "$out" 'the recording does not hold it'
msr read 0x7ff00000 IA32_EFER --from "$recorded"
check 'the rest goes on' test "$code" = 0
check 'the rest is there' contains "$out" IA32_EFER
msr read 0x7ff00000 --json --from "$recorded"
check 'the cause in JSON' jq --exit-status '.registers[0].values[0].error.cause == "not_recorded"' "$work/out" >/dev/null

# A register that refused while the machine was recorded still does.
msr read 0x0 --json --from "$recorded"
check 'the register refused: exit code 4' test "$code" = 4
check 'and the cause is said' jq --exit-status '.registers[0].values[0].error.cause == "refused"' "$work/out" >/dev/null

# A CPU that is not there is named; the others are read.
msr read IA32_EFER --from "$recorded" --cpus 0,1000
check 'the others are read' test "$code" = 0
check 'the missing CPU is named' contains "$err" 1000
check 'no complaint among the results' without "$out" 1000
msr read IA32_EFER --from "$recorded" --cpus 1000
check 'no CPU at all: exit code 3' test "$code" = 3

# A recording is equal to itself, and to a recording of it.
succeeds diff "$recorded" "$recorded"
check 'no difference to itself' test -z "$out"
succeeds snapshot "$work/again" --from "$recorded"
succeeds diff --all "$recorded" "$work/again"
json '.changes == []' diff "$recorded" "$work/again"

finish
