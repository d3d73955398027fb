# Holds the engine against an oracle's answers, and keeps what came of it.
# shellcheck shell=bash disable=SC2154 # results and product_folder come from support.sh

conformance=$product_folder/msr-conformance
facts=$(dirname "${BASH_SOURCE[0]}")/../conformance
outcomes=$product_folder/conformance
seed=20261120

# compared NAME MODEL PROBE ANSWERS LEAST [OPTION]...: nothing is unexplained, at least LEAST cases were answered, and every
# mutant was caught.
compared() {
	mkdir -p "$outcomes"
	local file=$outcomes/${1// /-}.json
	rm -f "$file" # what an older run left is no outcome of this one
	check "$1: nothing unexplained, no mutant survives" "$conformance" compare "$1" "$2" "$3" "$4" --survivors "$facts/survivors.txt" \
		--output "$file" "${@:6}" >"$results/compared"
	jq -r '"  cases \(.cases): agreed \(.agreed), differed \(.differed), absent \(.absent), not comparable \(.not_comparable), unexplained \(.unexplained); mutants \(.mutants.all): caught \(.mutants.caught), invisible \(.mutants.invisible), known \(.mutants.known_survivors)",
		(.examples[] | "  " + .), (.mutants.survivors[] | "  survived: " + .)' "$file"
	check "$1: at least $5 cases" test "$(jq .cases "$file")" -ge "$5"
}

# The pages of docs/, once every oracle has an outcome.
publish() {
	local name files=()
	for name in bochs-corei7_icelake_u bochs-tigerlake bochs-ryzen bochs-x2apic-{disabled,enabled}-{corei7_icelake_u,tigerlake} kvm-svm-guest kvm-svm-host kvm-vmx-guest kvm-vmx-host intercepts-kvm-{svm,vmx}; do
		[[ -e $outcomes/$name.json ]] || return 0
		files+=("$outcomes/$name.json")
	done
	for name in kvm-here-guest kvm-here-host; do
		[[ ! -e $outcomes/$name.json ]] || files+=("$outcomes/$name.json")
	done
	"$conformance" publish "$product_folder/../docs" "${files[@]}"
}
