# What the lab's tests share. A test prints each thing that it checked and ends with 'finish'.
# shellcheck shell=bash

lab=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
# shellcheck disable=SC2034 # for the tests of the product
product_folder=$(dirname "$lab")/build
# shellcheck disable=SC2034
product=$product_folder/msr
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
failures=0

skip() {
	echo "SKIPPED: $1"
	exit 77
}

needs_programs() {
	local program
	for program in "$@"; do
		[[ -n $(type -P "$program") ]] || skip "$program is not installed"
	done
}

# Programs, and the kernel that the guests boot.
needs() {
	needs_programs "$@"
	"$lab/kernel" >/dev/null || skip 'the kernel could not be fetched'
}

# check WHAT COMMAND...: the command succeeds.
check() {
	if "${@:2}"; then
		echo "ok: $1"
	else
		echo "FAILED: $1"
		failures=$((failures + 1))
	fi
}

not() { ! "$@"; }

# equal WHAT EXPECTED ACTUAL
equal() {
	check "$1" test "$2" = "$3"
	[[ $2 == "$3" ]] || printf '  expected: %s\n  actual:   %s\n' "$2" "$3"
}

# The exit code of a command whose output goes to files named after the first argument.
status_of() {
	local status=0
	"${@:2}" >"$results/$1.stdout" 2>"$results/$1.stderr" || status=$?
	echo "$status"
}

# try_again COMMAND...: once more if the lab ran out of time (124), and says so. A guest of a guest in an emulator without KVM hangs
# once in some hundred runs; another boot answers the same cases.
try_again() {
	local status=0
	"$@" || status=$?
	((status == 124)) || return "$status"
	echo 'the lab hung, and is tried again' >&2
	"$@"
}

# What programs said on standard error is shown when something failed: it tells why.
finish() {
	local said
	if ((failures == 0)); then exit 0; fi
	for said in "$results"/*.stderr; do
		[[ -s $said ]] && printf '%s\n' "--- ${said##*/}" && tail -n 30 "$said"
	done
	echo "$failures checks FAILED"
	exit 1
}
