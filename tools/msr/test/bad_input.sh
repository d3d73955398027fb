#!/usr/bin/env bash
# Bad usage and bad input: exit code 2, one line that says what to do, nothing that looks like a result.
# shellcheck disable=SC2016 # messages quote with backticks
set -uo pipefail
source "$(dirname "$0")/support.sh"

# Names
refuses 2 'the nearest are IA32_EFER,' read IA32_EFFER --from "$recorded"
check 'three nearest names' test "$(grep -o ', ' <<<"$err" | wc -l)" = 2
refuses 2 'the nearest are SCE' decode IA32_EFER.SCF 1
for verb in read show; do
    refuses 2 'write 0x266 for the hexadecimal number, 0x10a for the decimal one' "$verb" 266
done
refuses 2 'ambiguous' decode 266 1
refuses 2 'ambiguous' encode 266 SCE=1
refuses 2 'has no member 99' show 'IA32_MTRR_PHYSBASE[99]'
refuses 2 'is no address' show 0x123456789
refuses 2 'no register' show "$(head -c 100000 /dev/zero | tr '\0' A)"
refuses 2 'no register' show ''

# Options
refuses 2 '--bad' read IA32_EFER --bad
refuses 2 'msr read --help' read
refuses 2 'msr decode --help' decode IA32_EFER
refuses 2 'there is no verb `wirte`' wirte IA32_EFER
refuses 2 'there is no verb `wirte`' help wirte
refuses 2 'msr decode' decode IA32_EFER 1 2 3

# Values
for value in zz 0x 1e5 0b12 -1 0x10000000000000000 18446744073709551616 ''; do
    refuses 2 "$value" decode IA32_EFER -- "$value"
done

# A value is a whole register's.
for verb in check decode; do
    refuses 2 'name the register: IA32_EFER' "$verb" IA32_EFER.NXE 1 --from "$recorded"
done
refuses 2 'name the register: IA32_EFER' encode IA32_EFER.NXE NXE=1
refuses 2 'PA0 is given twice' encode IA32_PAT PA0=WB PA0=WC

# Output that meets a full disk is not lost without a word.
for verb in read decode show report; do
    case $verb in
    read) arguments=(read IA32_EFER --from "$recorded") ;;
    decode) arguments=(decode IA32_EFER 1) ;;
    show) arguments=(show IA32_EFER) ;;
    report) arguments=(report --from "$recorded") ;;
    esac
    code=0
    "$tool" "${arguments[@]}" >/dev/full 2>"$work/err" || code=$?
    check "msr $verb to a full disk: exit code 3" test "$code" = 3
    check "msr $verb to a full disk: says so" grep -q 'writ' "$work/err"
done

# CPU lists
for list in x 0- 5-2 0,,1 99999999999; do
    refuses 2 "$list" read IA32_EFER --from "$recorded" --cpus "$list"
done

# Snapshots
refuses 2 'neither auto, linux, kvm nor a file' read IA32_EFER --from "$work/missing"
: >"$work/empty"
refuses 2 'empty' read IA32_EFER --from "$work/empty"
echo '{"format": "something else"}' >"$work/foreign"
refuses 2 'not an msrkit snapshot' read IA32_EFER --from "$work/foreign"
head -c 300 "$recorded" >"$work/truncated"
refuses 2 'truncated' read IA32_EFER --from "$work/truncated"
sed 's/^\["c0000080", "0x/&f/' "$recorded" >"$work/damaged"
refuses 2 'checksum' read IA32_EFER --from "$work/damaged"
sed 's/"version": 1/"version": 2/' "$recorded" >"$work/newer"
refuses 2 'version' read IA32_EFER --from "$work/newer"
for verb in list diff; do
    [[ $verb == list ]] && from=(list --from) || from=(diff)
    refuses 2 'truncated' "${from[@]}" "$work/truncated"
done
# Cut anywhere, it is refused as a whole.
size=$(stat --format=%s "$recorded")
for ((part = 1; part < 20; ++part)); do
    head -c $((size * part / 20)) "$recorded" >"$work/truncated"
    refuses 2 '' read IA32_EFER --from "$work/truncated"
done

finish
