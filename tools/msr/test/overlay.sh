#!/usr/bin/env bash
# Registers of the user's own: --catalogue FOLDER adds them, and names file and line of every mistake.
set -uo pipefail
source "$(dirname "$0")/support.sh"

mkdir "$work/own" "$work/wrong" "$work/nothing"
cat >"$work/own/ours.yaml" <<'YAML'
topic: Ours
registers:
  - name: OUR_LIMIT
    title: A limit
    address: 0x7ff00000
    exists: always
    fields:
      63..8: mbz
      7..0: {name: LEVEL, values: {0: NONE, 1: {name: SOME, title: a little}}, illegal: fault}
YAML
json '.fields.LEVEL.meaning == "SOME"' decode our_limit 1 --catalogue "$work/own"
json '.registers[0].topic == "Ours"' show 0x7ff00000 --catalogue "$work/own"
json '.value == "0x1"' encode OUR_LIMIT LEVEL=SOME --catalogue "$work/own"
json '.matches[0].name == "OUR_LIMIT"' find our_limit --catalogue "$work/own"
json '.registers | map(.name) | contains(["OUR_LIMIT"])' list --catalogue "$work/own"
json '.registers | map(.name) == ["IA32_EFER"]' show IA32_EFER --catalogue "$work/own"
refuses 2 'no register is called' show OUR_LIMIT

# A register that is called like a built-in one has its own fields: no sentence of the other's is told of it.
mkdir "$work/namesake"
cat >"$work/namesake/mask.yaml" <<'YAML'
topic: Ours
registers:
  - {name: IA32_MTRR_PHYSMASK, variant: ours, title: No mask, address: 0x7ff00010, exists: always, fields: {63..0: VALUE}}
YAML
json 'has("meaning") | not' decode 0x7ff00010 0x55 --catalogue "$work/namesake"
json '.meaning == "UC 0x80000000 + 1 GiB"' decode IA32_MTRR_PHYSBASE0 0x80000000 --catalogue "$work/namesake" --from "$recorded"

refuses 2 'no register is called' show OUR_LIMIT
refuses 2 'no legal value' encode OUR_LIMIT LEVEL=2 --catalogue "$work/own"

# What is built in gives way to what replaces it, and to nothing else.
mkdir "$work/instead"
cat >"$work/instead/efer.yaml" <<'YAML'
registers:
  - {name: IA32_EFER, replaces: IA32_EFER, address: 0xc0000080, exists: always, fields: {63..1: ignored, 0: OURS}}
YAML
json '.fields | keys == ["OURS"]' decode IA32_EFER 1 --catalogue "$work/instead"
json '[.registers[] | select(.name == "IA32_EFER")] | length == 1' list --catalogue "$work/instead"
json '.fields | keys | contains(["SCE"])' decode IA32_EFER 1
# What is said with the other's fields is not said any more; the rest is.
cat >>"$work/instead/efer.yaml" <<'YAML'
  - {name: IA32_MTRR_PHYSMASK, replaces: IA32_MTRR_PHYSMASK, address: 0x201, exists: always, fields: {63..1: ignored, 0: OURS}}
  - {name: OUR_PAT, replaces: IA32_PAT, address: 0x277, exists: always, fields: {63..1: ignored, 0: OURS}}
YAML
json '.meaning | startswith("WB from 0x80000000 on")' \
    decode IA32_MTRR_PHYSBASE0 0x80000006 --catalogue "$work/instead" --from "$recorded"
json '.sections | length > 3' report --catalogue "$work/instead" --from "$recorded"
sed 's/replaces: IA32_EFER/replaces: IA32_EFFR/' "$work/instead/efer.yaml" >"$work/own/no_such.yaml"
refuses 2 'no_such.yaml:2: IA32_EFER: it replaces `IA32_EFFR`, which is not built in' list --catalogue "$work/own"
rm "$work/own/no_such.yaml"

# Each mistake on a line of its own, in order.
cat >"$work/wrong/a.yaml" <<'YAML'
registers:
  - {name: OUR_EFER, address: 0xc0000080, exists: intel, fields: {63..0: VALUE}}
  - {name: OUR_GAP, address: 0x7ff00001, exists: always, fields: {63..1: mbz}}
YAML
for verb in 'show IA32_EFER' 'list' 'find efer' 'decode IA32_EFER 1'; do
    # shellcheck disable=SC2086 # the words of a command
    msr $verb --catalogue "$work/wrong"
    check "msr $verb: exit code 2" test "$code" = 2
    check "msr $verb: nothing on standard output" test -z "$out"
    check "msr $verb: the collision" grep --quiet 'a.yaml:2: OUR_EFER: .*IA32_EFER (built in, architectural/[a-z_]*.yaml:[0-9]*)' "$work/err"
    check "msr $verb: the gap" grep --quiet 'a.yaml:3: OUR_GAP: bit 0' "$work/err"
    check "msr $verb: no more than that" test "$(wc -l <"$work/err")" = 2
done
refuses 2 'holds no .yaml file' list --catalogue "$work/nothing"
refuses 2 'cannot be read' list --catalogue "$work/missing"
printf 'registers: [\n' >"$work/wrong/a.yaml"
refuses 2 'a.yaml:2: not YAML' list --catalogue "$work/wrong"

finish
