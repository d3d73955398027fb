#!/usr/bin/env bash
# msr guest run: what is no image is told before anything is started, with or without KVM. Runs are tested in lab/tests.
# shellcheck disable=SC2016 # messages quote with backticks
set -uo pipefail
source "$(dirname "$0")/support.sh"

refuses 2 'msr guest --help' guest
refuses 2 'there is only msr guest run' guest walk
refuses 2 'guest run --help' guest run
refuses 2 'cannot read' guest run "$work/missing"
refuses 2 'cannot read' guest run "$work"

: >"$work/empty"
refuses 2 'empty: it is empty' guest run "$work/empty"
echo 'Not an image' >"$work/text"
refuses 2 'it is no image of a guest' guest run "$work/text"
refuses 2 'name the address of a flat binary with --flat' guest run "$work/text"
{ head -c $((0x202)) /dev/zero && printf 'HdrS' && head -c 100 /dev/zero; } >"$work/kernel"
refuses 2 'it is a Linux kernel' guest run "$work/kernel"
refuses 2 'a program for an operating system, not a bare-metal guest' guest run /bin/ls
head -c 40 "$tool" >"$work/cut"
refuses 2 'truncated' guest run "$work/cut"
head -c 2000000 /dev/zero >"$work/large"
refuses 2 'larger than the guest' guest run --memory 1 "$work/large"

for address in x 100 0x100000000 ''; do
    [[ -z $address ]] || refuses 2 '--flat' guest run --flat "$address" "$work/text"
done
refuses 2 'write it as 0x100000' guest run --flat zz "$work/text"
mkfifo "$work/pipe"
refuses 2 'not a regular file' guest run --timeout 1 "$work/pipe"
refuses 2 '--policy' guest run --set nested "$work/text"

# What is written is no other file, and can be: told before the image is looked at.
refuses 2 'is not seen' guest run --policy lean --learn "$work/learned" "$work/text"
for option in --learn --serial; do
    refuses 2 'it is read' guest run "$option" "$work/text" "$work/text"
    refuses 2 'it is read' guest run "$option" "$work/../${work##*/}/text" "$work/text"
done
check 'the image is left alone' grep -q 'Not an image' "$work/text"
refuses 2 'No such file' guest run --learn "$work/none/learned" "$work/text"
refuses 2 'not a regular file' guest run --learn "$work" "$work/text"
refuses 2 'the same file' guest run --learn "$work/learned" --serial "$work/learned" "$work/text"
refuses 2 'outside the guest' guest run --flat 0x4000000 "$work/text"
refuses 2 '--timeout' guest run --timeout 0 "$work/text"
refuses 2 '--memory' guest run --memory 0 "$work/text"
refuses 2 '--memory' guest run --memory 4096 "$work/text"

finish
