# Compares what msr read with what Debian's rdmsr read just before and just after it.
# shellcheck shell=bash disable=SC2154 # product and results come from support.sh

# The names that read-registers asks for, and the addresses that must then be among the answers: a family may have no
# member on the CPU, and of a name that is several registers' the CPU's is read.
write_names() {
	"$product" list --json >"$results/list"
	jq -r '.registers[].name' "$results/list" | sort -u >"$results/names"
	jq -r '[.registers[] | .name, .aliases[]] as $names | .registers[] |
		select(.members == 1 and (.name as $name | [$names[] | select(. == $name)] | length == 1)) | .address' "$results/list" |
		sort -u >"$results/single"
}

# The addresses to ask rdmsr for: every register's, but of a family that has many members the first and last four, as each
# is a process of its own.
write_asked() {
	local address members stride n
	jq -r '.registers[] | "\(.address) \(.members) \(.stride)"' "$results/list" |
		while read -r address members stride; do
			for ((n = 0; n < members; n += n == 3 && members > 8 ? members - 7 : 1)); do
				printf '0x%x\n' $((address + n * stride))
			done
		done | sort -u >"$results/asked"
}

# 'ADDRESS CPU VALUE' a line; a refused register ends rdmsr's list of CPUs.
lines_of_rdmsr() {
	awk '/^register/ { address = $2; cpu = 0 }
	     /^0x/ { print address, cpu++, $1 }
	     /cannot read/ { print address, cpu, "refused" }' "$1"
}

lines_of_msr() {
	jq -r '.registers[] | .address as $address | .values[] | "\($address) \(.cpu) \(.value // .error.cause)"' "$1" | sort -u
}

# compare ASKED BEFORE AFTER MSR prints a verdict a line: same, refused, moving, unasked, MISSING, or DIFFERS.
#
# unasked: rdmsr was not asked for it, or ended with a refusal on a CPU before this one. Otherwise its answer is MISSING.
# moving: a counter lay between the two readings of rdmsr, or rdmsr itself did not read the same twice.
# FS_BASE is the reading program's own, so that two programs need not agree.
compare() {
	awk '
		function padded(value) { return substr("0000000000000000" substr(value, 3), length(value) - 1) "" }
		FILENAME == ARGV[1] { asked[$1]; next }
		FILENAME == ARGV[2] { before[$1, $2] = $3; if ($3 == "refused") end[$1] = $2; next }
		FILENAME == ARGV[3] { after[$1, $2] = $3; next }
		{
			key = $1 SUBSEP $2
			answered = key in before # asked first: naming before[key] makes it one
			rdmsr = before[key]
			if (!answered) verdict = !($1 in asked) || ($1 in end && $2 > end[$1]) ? "unasked" : "MISSING"
			else if ($3 == rdmsr) verdict = $3 == "refused" ? "refused" : "same"
			else if ($3 !~ /^0x/ || rdmsr !~ /^0x/ || after[key] !~ /^0x/) verdict = "DIFFERS"
			else if ($1 == "0xc0000100") verdict = "moving"
			else if (after[key] != rdmsr) {
				rises = padded(rdmsr) <= padded(after[key])
				between = padded(rdmsr) <= padded($3) && padded($3) <= padded(after[key])
				verdict = rises && !between ? "DIFFERS" : "moving"
			}
			else verdict = "DIFFERS"
			print verdict, $1, $2, "msr:", $3, "rdmsr:", rdmsr, after[key]
		}' "$@"
}

# Of those that rdmsr reads on a CPU: most do not move.
half_are_the_same() {
	awk -v cpu="$1" '
		$2 == cpu && FILENAME == ARGV[1] && $3 != "refused" { read[$1] }
		$3 == cpu && FILENAME == ARGV[2] && $1 == "same" { same[$2] }
		END { exit length(same) == 0 || 2 * length(same) < length(read) }' "$results/before" "$results/verdicts"
}

# check_registers CPUS: what a guest brought back in the folder 'registers'.
check_registers() {
	local from=$results/registers cpu
	lines_of_rdmsr "$from/before" >"$results/before"
	lines_of_rdmsr "$from/after" >"$results/after"
	lines_of_msr "$from/read.json" >"$results/msr"
	compare "$from/all" "$results/before" "$results/after" "$results/msr" >"$results/verdicts"
	cut -d ' ' -f 1 "$results/verdicts" | sort | uniq -c | sed 's/^ */  /'
	grep '^moving' "$results/verdicts" || true
	equal 'msr answers for each register of the catalogue that has its name alone' '' \
		"$(cut -d ' ' -f 1 "$results/msr" | sort -u | comm -23 "$results/single" -)"
	check 'so does rdmsr' not grep '^MISSING' "$results/verdicts"
	check 'msr and rdmsr read the same' not grep '^DIFFERS' "$results/verdicts"
	equal 'no register holds a bit that the catalogue says must be zero' '' \
		"$(jq -r '.registers[] | select(any(.values[]; .reserved_bits)) | .name' "$from/read.json")"
	for ((cpu = 0; cpu < $1; cpu++)); do
		check "at least half of what rdmsr reads on CPU $cpu is the same" half_are_the_same "$cpu"
	done
}
