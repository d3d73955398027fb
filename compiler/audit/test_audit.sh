#!/usr/bin/env bash
# The catalogue against lists that others have made: AUDIT MSR_CATALOGUE debian|facts. Debian's packages have the
# kernel's headers and coreboot's msrtool; further tables are compared where they are, in a folder beside the project.
set -euo pipefail
catalogue=$1
project=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")

debian() {
    local headers
    headers=$(find /usr/src -maxdepth 1 -name 'linux-headers-*-common' | sort --version-sort | tail -n 1)
    [[ -n $headers ]] || { echo "there are no headers of a kernel: install linux-headers-amd64 (packages.txt)" >&2; exit 1; }
    PATH=$PATH:/usr/sbin
    command -v msrtool >/dev/null || { echo "there is no msrtool: install coreboot-utils (packages.txt)" >&2; exit 1; }
    listing=$(mktemp)
    trap 'rm -f "$listing"' EXIT
    msrtool -kl >"$listing"
    "$catalogue" audit "$project/catalogue" --linux-headers "$headers" --msrtool "$listing"
}

facts() {
    local tables=${MSRKIT_FACTS:-$project/../shared/facts}
    [[ -d $tables ]] || { echo "SKIPPED: there is no folder $tables"; exit 77; }
    "$catalogue" audit "$project/catalogue" --facts "$tables"
}

"$2"
