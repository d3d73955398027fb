# What the labs on Bochs share: the machine without its parts, and how it is started.
# shellcheck shell=bash disable=SC2154 # scratch comes from machine.sh

# write_bochsrc MODEL MEGABYTES: further lines on standard input. By default Bochs would hide the faults of absent
# registers.
write_bochsrc() {
	cat - /dev/fd/3 >"$scratch/bochsrc" 3<<-TEXT
	cpu: model=$1, ips=50000000, reset_on_triple_fault=0, ignore_bad_msrs=0
	memory: guest=$2, host=$2
	sound: driver=dummy, waveoutdrv=dummy
	speaker: enabled=0
	clock: sync=none
	display_library: rfb, options="timeout=0"
	panic: action=fatal
	log: $scratch/bochs.log
	TEXT
	# Debian's Bochs has the debugger built in and waits for its commands: continue and, if it was interrupted, tell where
	# the CPU is; then quit.
	printf 'c\nr\nq\n' >"$scratch/debugger"
}

# The models of CPUs that it has.
bochs_models() {
	bochs --help cpu 2>&1 | grep -x '[a-z][a-z0-9_]*'
}

run_bochs() {
	# shellcheck disable=SC2034 # run_machine's: to its debugger
	end_signal=INT
	run_machine bochs -q -f "$scratch/bochsrc" -rc "$scratch/debugger"
}
