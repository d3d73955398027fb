# What KVM lets a guest access by itself, against what a policy predicts.
# shellcheck shell=bash disable=SC2154 # results, lab and product come from support.sh, conformance from conformance.sh

parts=$lab/intercepts

# The cases, of every register of the catalogue in the ranges of VMX's bitmap and SVM's map.
write_cases() {
	local in_maps='^guest(-keep)? ([0-9a-f]{1,3}|1[0-9a-f]{3}|c000[01][0-9a-f]{3}|c001[01][0-9a-f]{3}) '
	"$conformance" probe guest | grep -E "$in_maps" >"$results/registers"
	"$conformance" probe guest --first IA32_SPEC_CTRL=1 --first IA32_PRED_CMD=1 | grep -E "$in_maps" >"$results/written"
	"$conformance" probe guest --first IA32_APIC_BASE=0xFEE00D00 | grep -E "$in_maps" >"$results/x2apic_mode"
}

# The CPUID of a phase, as a profile.
write_guest() {
	{
		echo 'CPU:'
		awk '$1 == "cpuid" { print "0x" $2, "0x" $3 ": eax=0x" $4, "ebx=0x" $5, "ecx=0x" $6, "edx=0x" $7 }' "$observed/$1.answers"
	} >"$results/$1.guest"
}
