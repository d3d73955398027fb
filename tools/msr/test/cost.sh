#!/usr/bin/env bash
# What can be asked of msr cost where there is no msr driver; what it measures is the lab's to test.
set -uo pipefail
source "$(dirname "$0")/support.sh"

refuses 3 'have a cost' cost --from "$recorded"
refuses 2 'neither auto, linux, kvm nor a file' cost --from "$work/missing"
for runs in 0 9 100001 -1 many; do
    refuses 2 '--runs' cost --runs "$runs"
done
[[ -e /dev/cpu/0/msr ]] || refuses 3 'cannot open /dev/cpu/' cost IA32_EFER
finish
