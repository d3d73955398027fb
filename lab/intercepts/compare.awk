# Files, the first three named by variables of these names:
#   before    the decisions before the cases that stay (guest-keep), each a line ADDRESS (decimal) READ WRITE, "pass" or "exit"
#   after     the decisions after them; what is not listed exits
#   exits     which accesses left the guest: 0 (RDMSR) or 1 (WRMSR), address, how often
#   ANSWERS   what the guest got
# Prints each register that did otherwise than predicted, and last, after "all", how many accesses there were, how many left the guest, and how
# many of all are not as predicted.
FILENAME == before { old[0, sprintf("%x", $1)] = $2; old[1, sprintf("%x", $1)] = $3; next }
FILENAME == after { new[0, sprintf("%x", $1)] = $2; new[1, sprintf("%x", $1)] = $3; next }
FILENAME == exits { left[$1, $2] = $3; next }

function access(kind, address, decision, times) {
	made[kind, address] += times
	if (decision != "pass") expected[kind, address] += times
}

# ADDRESS VALUE OLD WRITE NEW RESTORE: the last is another write, if it was tried. What a case changes, its second read sees.
$1 == "guest-keep" {
	access(0, $2, old[0, $2], 1)
	access(1, $2, old[1, $2], 1)
	if ($5 == "ok") access(0, $2, new[0, $2], 1)
	else access(0, $2, old[0, $2], 1)
}
$1 == "guest" {
	access(0, $2, new[0, $2], 2)
	access(1, $2, new[1, $2], $7 == "-" ? 1 : 2)
}

END {
	for (one in made) {
		all += made[one]
		exited += left[one]
		difference = left[one] - expected[one]
		if (difference == 0) continue
		wrong += difference < 0 ? -difference : difference
		split(one, part, SUBSEP)
		print (part[1] ? "WRMSR" : "RDMSR"), part[2] ":", made[one], "accesses,", left[one] + 0, "left the guest,", expected[one] + 0, "predicted"
	}
	print "all", all + 0, exited + 0, wrong + 0
}
