# Files: the decisions before the cases that stay (guest-keep) and those after them, each a line ADDRESS READ WRITE, "pass" or "exit"; a
# phase's exits; its answers. Prints each access that was decided otherwise than predicted, and last how many accesses there were, how
# many left the guest, and how many of all contradict.
# The variables are the names of the first three files.
FILENAME == before { old["0 " $1] = $2; old["1 " $1] = $3; next }
FILENAME == after { new["0 " $1] = $2; new["1 " $1] = $3; next }
FILENAME == exits { left[$1 " " $2] = $3; next }

function access(kind, address, decision, times) {
	made[kind " " address] += times
	if (decision != "pass") expected[kind " " address] += times
	if (decision == "") unknown[kind " " address] = 1
}

# ADDRESS VALUE OLD WRITE NEW RESTORE: the last is another write, if it was tried. What a case changes holds from its write on.
$1 == "guest-keep" {
	access(0, $2, old["0 " $2], 1)
	access(1, $2, old["1 " $2], 1)
	access(0, $2, $5 == "ok" ? new["0 " $2] : old["0 " $2], 1)
}
$1 == "guest" {
	access(0, $2, new["0 " $2], 2)
	access(1, $2, new["1 " $2], $7 == "-" ? 1 : 2)
}

END {
	for (one in made) {
		all += made[one]
		exited += left[one]
		if (left[one] == expected[one] + 0 && !(one in unknown)) continue
		difference = left[one] - expected[one]
		wrong += one in unknown ? made[one] : difference < 0 ? -difference : difference
		split(one, part)
		print (part[1] ? "WRMSR" : "RDMSR"), part[2] ":", made[one], "accesses,", left[one] + 0, "left the guest,", expected[one] + 0, "predicted" (one in unknown ? " for want of a decision" : "")
	}
	print "all", all + 0, exited + 0, wrong + 0
}
