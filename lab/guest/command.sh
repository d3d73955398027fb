# A command's way into a guest and its result's way back: what every lab that boots Linux shares.
# A lab sources it, sets the values that are its own, and calls the functions in their order.
# shellcheck shell=bash

# shellcheck source=machine.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/machine.sh"

declare -A options=() # the lab's own options with their defaults
summary=              # what the lab is, for --help
# The kernel's tests of its own ciphers are half of a boot in Bochs.
kernel_arguments='console=ttyS0 quiet panic=-1 cryptomgr.notests'

modules=msr
user=root
command=
put=()
get=()

usage() {
	local option
	printf 'usage: lab %s [OPTION]... -- COMMAND...\n\n%s\n\n' "$name" "$summary"
	for option in "${!options[@]}"; do printf '  --%-24s default %s\n' "$option VALUE" "${options[$option]}"; done | sort
	cat <<-TEXT
	  --append "KERNEL ARGUMENTS" added to the kernel's command line
	  --modules "NAME..."        modules to load, with what they need; default $modules
	  --no-msr-module            load no module
	  --unprivileged             run COMMAND as nobody
	  --put FILE                 copy FILE into the guest's folder /work, where COMMAND runs; repeatable
	  --get GUESTPATH:HOSTPATH   copy a file out when COMMAND has ended; repeatable
	  --timeout SECONDS          default $timeout

	COMMAND is joined by spaces and run by the guest's shell. Its output and exit code come back as they are;
	$status_timeout: the guest ran out of time; $status_broken: the guest ended without a result.
	TEXT
}

read_options() {
	while (($#)); do
		case $1 in
			--help) usage; exit ;;
			--no-msr-module) modules=; shift; continue ;;
			--unprivileged) user=nobody; shift; continue ;;
			--) command=${*:2}; break ;;
		esac
		(($# > 1)) || fail "$status_usage" "'$1' needs a value, or '--' before the command; try --help"
		case $1 in
			--modules) modules=$2 ;;
			--append) kernel_arguments+=" $2" ;;
			--timeout) timeout=$2 ;;
			--put) [[ -f $2 ]] || fail "$status_usage" "no file '$2' to put"; put+=("$2") ;;
			--get) [[ $2 == ?*:?* ]] || fail "$status_usage" "--get '$2' is not GUESTPATH:HOSTPATH"; get+=("$2") ;;
			--*) [[ -v options[${1#--}] ]] || fail "$status_usage" "no option '$1'; try --help"; options[${1#--}]=$2 ;;
			*) fail "$status_usage" "'--' must come before the command; try --help" ;;
		esac
		shift 2
	done
	[[ -n $command ]] || fail "$status_usage" "no command after '--'; try --help"
	[[ $timeout =~ ^[1-9][0-9]*$ ]] || fail "$status_usage" "--timeout '$timeout' is not a number of seconds"
}

# The kernel unpacks archives that follow one another, so a run only writes its own small one.
write_initrd() {
	local request image
	request=$scratch/request
	# shellcheck disable=SC2034 # the lab boots it
	kernel=$("$root/lab/kernel") && image=$("$root/lab/guest/initramfs") || exit "$status_broken"
	mkdir -p "$request"/{request,work}
	printf '%s\n' "$command" >"$request/request/command"
	printf '%s\n' "$user" >"$request/request/user"
	xargs -rn 1 <<<"$modules" >"$request/request/modules"
	printf '%s' "${get[@]/%:*/$'\n'}" >"$request/request/get"
	((${#put[@]} == 0)) || cp "${put[@]}" "$request/work"
	(cd "$request" && find request work | cpio --quiet -o -H newc -R 0:0) | cat "$image" - >"$scratch/initrd"
}

# The result as the guest sent it, checked by gzip's checksum, or the reason why there is none.
deliver_result() {
	local number status
	mkdir "$scratch/result"
	if ! tar -C "$scratch/result" --no-same-owner -xzf "$scratch/result.tgz" 2>/dev/null; then
		tail -n 20 "$scratch/machine.log" "$scratch/console" >&2
		if ((ended_by_timeout)); then fail "$status_timeout" "no result after $timeout s"; fi
		fail "$status_broken" 'the guest ended without a result'
	fi
	cat "$scratch/result/stdout"
	cat "$scratch/result/stderr" >&2
	status=$(<"$scratch/result/status")
	for number in "${!get[@]}"; do
		cp -r "$scratch/result/got/$number" "${get[number]#*:}" || ((status)) || status=$status_broken
	done
	return "$status"
}
