# Compares what msr read with what Debian's rdmsr read just before and just after it.
# shellcheck shell=bash disable=SC2154 # product and results come from support.sh

# The names that read-registers asks for.
write_names() {
	"$product" list --json | jq -r '.registers[].name' >"$results/names"
}

# 'ADDRESS CPU VALUE' a line; a refused register ends rdmsr's list of CPUs.
lines_of_rdmsr() {
	awk '/^register/ { address = $2; cpu = 0 }
	     /^0x/ { print address, cpu++, $1 }
	     /cannot read/ { print address, cpu, "refused" }' "$1"
}

lines_of_msr() {
	jq -r '.registers[] | .address as $address | .values[] | "\($address) \(.cpu) \(.value // .error.cause)"' "$1"
}

# Prints a verdict a line: same, refused, moving, unasked, or DIFFERS.
#
# moving: a counter lay between the two readings of rdmsr, or rdmsr itself did not read the same twice.
# FS_BASE is the reading program's own, so that two programs need not agree.
compare() {
	awk '
		function padded(value) { return substr("0000000000000000" substr(value, 3), length(value) - 1) "" }
		FILENAME == ARGV[1] { before[$1, $2] = $3; next }
		FILENAME == ARGV[2] { after[$1, $2] = $3; next }
		{
			key = $1 SUBSEP $2; rdmsr = before[key]
			if (!(key in before)) verdict = "unasked"
			else if ($3 == rdmsr) verdict = $3 == "refused" ? "refused" : "same"
			else if ($3 !~ /^0x/ && $3 != "refused") verdict = "unasked"
			else if ($1 == "0xc0000100") verdict = "moving"
			else if ($3 ~ /^0x/ && rdmsr ~ /^0x/ && after[key] != rdmsr) {
				rises = padded(rdmsr) <= padded(after[key])
				between = padded(rdmsr) <= padded($3) && padded($3) <= padded(after[key])
				verdict = rises && !between ? "DIFFERS" : "moving"
			}
			else verdict = "DIFFERS"
			print verdict, $1, $2, "msr:", $3, "rdmsr:", rdmsr, after[key]
		}' "$@"
}

# check_registers CPUS: what a guest brought back in the folder 'registers'.
check_registers() {
	local from=$results/registers cpu
	lines_of_rdmsr "$from/before" >"$results/before"
	lines_of_rdmsr "$from/after" >"$results/after"
	lines_of_msr "$from/read.json" >"$results/msr"
	compare "$results/before" "$results/after" "$results/msr" >"$results/verdicts"
	cut -d ' ' -f 1 "$results/verdicts" | sort | uniq -c | sed 's/^ */  /'
	grep '^moving' "$results/verdicts" || true
	check 'msr and rdmsr read the same' not grep '^DIFFERS' "$results/verdicts"
	for ((cpu = 0; cpu < $1; cpu++)); do
		check "at least 40 registers on CPU $cpu" test "$(grep -c "^same 0x[0-9a-f]* $cpu " "$results/verdicts")" -ge 40
	done
}
