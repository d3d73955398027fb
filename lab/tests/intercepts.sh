# What KVM lets a guest access by itself, against what a policy predicts.
# shellcheck shell=bash disable=SC2154 # results, lab, product come from support.sh, conformance and outcomes from conformance.sh

parts=$lab/intercepts
observed=$results/work

# The cases: every register of the catalogue in the ranges of VMX's bitmap and SVM's map.
write_cases() {
	local in_maps='^guest(-keep)? ([0-9a-f]{1,3}|1[0-9a-f]{3}|c000[01][0-9a-f]{3}|c001[01][0-9a-f]{3}) '
	"$conformance" probe guest | grep -E "$in_maps" >"$results/registers"
	"$conformance" probe guest --first IA32_SPEC_CTRL=1 --first IA32_PRED_CMD=1 | grep -E "$in_maps" >"$results/written"
	"$conformance" probe guest --first IA32_APIC_BASE=0xFEE00D00 | grep -E '^guest-keep |^guest 8[0-9a-f]{2} ' >"$results/x2apic_mode"
}

# observe amd|intel LAB...: boots, and leaves what there was to see in $observed.
observe() {
	local file puts=()
	for file in "$product_folder/lab/oracle/kvm_oracle" "$parts"/{observe,filtered.filter,denied.filter} "$results"/{registers,written,x2apic_mode}; do
		puts+=(--put "$file")
	done
	"${@:2}" "${puts[@]}" --get /work:"$observed" -- sh observe "$1"
}

# The CPUID of a phase, as the tool takes it.
guest_of() {
	echo 'CPU:'
	awk '$1 == "cpuid" { print "0x" $2, "0x" $3 ": eax=0x" $4, "ebx=0x" $5, "ecx=0x" $6, "edx=0x" $7 }' "$observed/$1.answers"
}

# filter_of FILE: kvm_oracle's filter, as the tool takes it.
filter_of() {
	local access base bits at allowed
	while read -r access base bits; do
		if [[ -z $base ]]; then echo "{\"default\": \"$access\"}" && continue; fi
		allowed=
		for ((at = 0; at < ${#bits}; ++at)); do
			[[ ${bits:at:1} == 0 ]] || allowed+=$(printf '"0x%x",' $((0x$base + at)))
		done
		echo "{\"access\": \"$access\", \"base\": \"0x$base\", \"count\": ${#bits}, \"allowed\": [${allowed%,}]}"
	done <"$1" | jq -s '{format: "msrkit-kvm-filter", version: 1, default: .[0].default, ranges: .[1:]}'
}

# reached PHASE: what the writes that stay have made true, if KVM took them.
reached() {
	"$conformance" probe guest --only /dev/null --first IA32_SPEC_CTRL=1 --first IA32_PRED_CMD=1 --first IA32_APIC_BASE=0xFEE00D00 |
		paste -d ' ' - <(printf '%s\n' spec_ctrl_nonzero_once ibpb_once "$in_x2apic_mode") |
		while read -r kind address value state; do
			if grep -q "^$kind $address $value [^ ]* ok " "$observed/$1.answers"; then echo "$state"; fi
		done | paste -sd ,
}

# decisions PHASE FILTER SET: the tool's.
decisions() {
	local options=(--policy "$policy" --guest "$results/$1.guest" --host "$observed/host.yaml")
	[[ -z $2 ]] || options+=(--filter "$results/$2.json")
	[[ -z $3 ]] || options+=(--set "$3")
	"$product" intercept "${options[@]}" --json | jq -r -f "$parts/decisions.jq"
}

# compare PHASE FILTER SETTINGS: what compare.awk says of the policy's decisions.
compare() {
	local phase=$1 state
	guest_of "$phase" >"$results/$phase.guest"
	[[ -z $2 ]] || filter_of "$parts/$2.filter" >"$results/$2.json"
	state=$(reached "$phase")
	decisions "$phase" "$2" "$3" >"$results/$phase.before"
	decisions "$phase" "$2" "$3${3:+${state:+,}}$state" >"$results/$phase.after"
	awk -v before="$results/$phase.before" -v after="$results/$phase.after" -v exits="$observed/$phase.exits" -f "$parts/compare.awk" \
		"$results/$phase.before" "$results/$phase.after" "$observed/$phase.exits" "$observed/$phase.answers"
}

# judged PHASE WORDS FILTER SETTINGS: each access of the phase left the guest if it was predicted, and only then.
judged() {
	local phase=$1 all exited wrong
	compare "$phase" "$3" "$4" >"$results/$phase.compared"
	grep -v '^all ' "$results/$phase.compared" || true
	read -r _ all exited wrong < <(grep '^all ' "$results/$phase.compared")
	equal "$2: $all accesses, $exited left the guest, none but as predicted" 0 "$wrong"
	equal "$2: both tracepoints count the same exits" "$(awk '{ sum += $1 } END { print sum + 0 }' "$observed/$phase.total")" \
		"$(awk '{ sum += $3 } END { print sum + 0 }' "$observed/$phase.exits")"
	check "$2: something exits" test "$exited" -gt 0
	jq -n --arg phase "$2" --argjson registers "$(awk '/^guest/ && !seen[$2]++' "$observed/$phase.answers" | grep -c .)" \
		--argjson all "$all" --argjson exited "$exited" --argjson wrong "$wrong" \
		'{phase: $phase, registers: $registers, accesses: $all, exited: $exited, unexplained: $wrong}' >>"$results/phases"
}

# told_from POLICY: another policy's predictions for the phase plain are not what was observed.
told_from() {
	(policy=$1 compare plain '' '') >"$results/other.compared"
	check "$1 is told from $policy" grep -qE '^all .* [1-9][0-9]*$' "$results/other.compared"
}

# keep ORACLE: for the page.
keep() {
	check 'something passes' jq -se 'any(.accesses > .exited)' "$results/phases" >"$results/passes"
	mkdir -p "$outcomes"
	jq -s --arg oracle "$1" --arg policy "$policy" '{oracle: $oracle, policy: $policy, phases: .}' "$results/phases" >"$outcomes/intercepts-$1.json"
}
