# What all labs share: a machine's scratch folder, its time, and how a lab fails.
# shellcheck shell=bash

# shellcheck disable=SC2034 # for the labs
root=$(dirname "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")")
name=${0##*/}

# What the guest's command cannot return by itself, as in timeout(1) and its kin.
# shellcheck disable=SC2034
readonly status_usage=2 status_timeout=124 status_broken=125

timeout=120 # seconds
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
	printf 'lab %s: %s\n' "$name" "$2" >&2
	exit "$1"
}

require() {
	local program
	for program in "$@"; do
		[[ -n $(type -P "$program") ]] || fail "$status_broken" "$program is not installed"
	done
}

# Runs the emulator. Its exit status tells little (Bochs calls a power-off a failure): the result decides.
run_machine() {
	local status=0
	touch "$scratch/console"
	timeout --foreground --signal="${end_signal:-TERM}" --kill-after=5 "$timeout" "$@" </dev/null >"$scratch/machine.log" 2>&1 || status=$?
	# shellcheck disable=SC2034
	ended_by_timeout=$((status == 124 || status == 137))
}
