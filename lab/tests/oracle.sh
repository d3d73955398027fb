# What every CPU with 64-bit mode does with some accesses (SDM and APM), as cases, and the check of an oracle's answers.
# shellcheck shell=bash disable=SC2154 # results comes from support.sh

# known_cases guest|host: on standard output.
known_cases() {
	sed "s/^guest/$1/" <<-'TEXT'
	# PAT: memory type 2 is reserved, 6 is write-back
	guest 277 0606060606060602
	guest 277 0606060606060606
	guest 277 0007040600070406

	guest c0000080 ffffffffffffffff
	guest c0000082 8000000000000000
	guest 12345 0
	guest-keep c0000082 ffff800000001234
	guest c0000082 5678
	guest c0000082 9abc
	guest 2ff 0
	TEXT
}

answer_of() { grep "^$2 $3 $4 " "$results/$1.stdout" || true; }

# check_known NAME guest|host [BEHAVIOUR...]: the answers to known_cases that status_of left under NAME. A behaviour that
# this machine is known to lack is checked to be so: pat (reserved types fault), canonical (LSTAR's address).
check_known() {
	local lacks=" ${*:3} " types=fault address=fault
	[[ $lacks != *' pat '* ]] || types=ok
	[[ $lacks != *' canonical '* ]] || address=ok
	local pat=7040600070406 kept=ffff800000001234
	check "$1, $2: the CPU introduces itself" grep -q '^cpuid 0 0 ' "$results/$1.stdout"
	equal "$1, $2: PAT with type 2: $types" $types "$(answer_of "$1" "$2" 277 606060606060602 | cut -d ' ' -f 5)"
	equal "$1, $2: PAT with type 6 is written, and put back" "$2 277 606060606060606 $pat ok 606060606060606 ok" \
		"$(answer_of "$1" "$2" 277 606060606060606)"
	equal "$1, $2: PAT was put back" "$2 277 $pat $pat ok $pat ok" "$(answer_of "$1" "$2" 277 $pat)"
	equal "$1, $2: reserved bits of EFER fault" "$2 c0000080 ffffffffffffffff 500 fault 500 -" \
		"$(answer_of "$1" "$2" c0000080 ffffffffffffffff)"
	equal "$1, $2: LSTAR that is not canonical: $address" $address "$(answer_of "$1" "$2" c0000082 8000000000000000 | cut -d ' ' -f 5)"
	equal "$1, $2: no register, no access" "$2 12345 0 fault fault fault -" "$(answer_of "$1" "$2" 12345 0)"
	check "$1, $2: a value is kept" grep -q "^$2-keep c0000082 $kept [0-9a-f]* ok $kept -\$" "$results/$1.stdout"
	equal "$1, $2: until the next is written" "$2 c0000082 5678 $kept ok 5678 ok" "$(answer_of "$1" "$2" c0000082 5678)"
	equal "$1, $2: and is put back after it" "$2 c0000082 9abc $kept ok 9abc ok" "$(answer_of "$1" "$2" c0000082 9abc)"
}
