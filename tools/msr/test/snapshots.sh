#!/usr/bin/env bash
# Each profile that ships has a snapshot, and what the tool says of every register in it was read by people. After a
# change, `snapshots.sh MSR --write` writes the decodes anew, to be read again as differences.
set -uo pipefail
source "$(dirname "$0")/support.sh"
snapshots=$here/snapshots

# Every register of a snapshot, in a line each, with the sentences that belong to it.
decode() {
    local registers
    mapfile -t registers < <(jq --raw-output '.registers[] | "0x" + .[0]' "$1")
    "$tool" read --from "$1" "${registers[@]}"
}

if [[ ${2:-} == --write ]]; then
    for snapshot in "$snapshots"/*.json; do
        decode "$snapshot" >"${snapshot%.json}.txt" || exit
    done
    exit
fi

succeeds profile list --json
while read -r profile; do
    check "$profile has a snapshot" test -f "$snapshots/$profile.json"
done < <(jq --raw-output '.profiles[].name' "$work/out")

for snapshot in "$snapshots"/*.json; do
    name=$(basename "$snapshot" .json)
    decode "$snapshot" >"$work/out" 2>"$work/err" || fail "$name can be decoded"
    diff "${snapshot%.json}.txt" "$work/out" >"$work/difference"
    code=0 out=$(<"$work/difference") err=$(<"$work/err")
    check "$name: as it was reviewed" test -z "$out"
    check "$name: no complaint" test -z "$err"
done

# No register of a machine holds a bit that cannot be written: the recording is wrong then, or the catalogue.
for snapshot in "$snapshots"/*.json "$recorded" "$here"/../report/testdata/*.json; do
    out=$(decode "$snapshot" 2>&1)
    check "$(basename "$snapshot"): no reserved bit is set" without "$out" 'reserved bits are set'
done

finish
