#!/usr/bin/env bash
# msr switch: plans, traces replayed by each strategy, recorded ones, and mistakes with their place.
# shellcheck disable=SC2016 # messages quote with backticks
set -uo pipefail
source "$(dirname "$0")/support.sh"

cpu=(--profile ice-lake-sp)
new=(--profile panther-lake)

json '(.now | map(.name)) == ["IA32_FS_BASE"] and .now[0].by == "WRMSR" and .now[0].serialises and (.late | map(.name)) == ["IA32_TSC_AUX"]' \
    switch plan "${cpu[@]}" --from IA32_FS_BASE=1,IA32_PAT=6 --to IA32_FS_BASE=2,IA32_PAT=6,IA32_TSC_AUX=1
json '.now[0].by == "WRMSRNS" and (.now[0].serialises | not)' switch plan "${new[@]}" --to IA32_FS_BASE=2
json '[.now[].by] | length == 4 and all(. == "WRMSRLIST")' \
    switch plan "${new[@]}" --to IA32_FS_BASE=2,IA32_KERNEL_GS_BASE=2,IA32_PAT=6,IA32_S_CET=0
json '(.now + .late) == []' switch plan "${new[@]}" --to IA32_PL0_SSP=0x1000 --xss 0x1800
succeeds switch plan "${cpu[@]}" --from IA32_FS_BASE=1 --to IA32_FS_BASE=1
check 'nothing to write' contains "$out" '0 writes of 1 registers'
refuses 2 'no plan for IA32_FRED_RSP0: this CPU has no such register' switch plan "${cpu[@]}" --to IA32_FRED_RSP0=64
refuses 1 'no plan for IA32_EFER: bits of it cannot change while paging is on' switch plan "${cpu[@]}" --from IA32_EFER=0xd01 --to IA32_EFER=1
refuses 2 '`IA32_FS_BASE` is no register set' switch plan "${cpu[@]}" --to IA32_FS_BASE
refuses 2 'a register set is one line' switch plan "${cpu[@]}" --to $'IA32_STAR=1\ntask foo IA32_LSTAR=2'
refuses 1 'no plan: IA32_LSTAR' switch plan "${cpu[@]}" --to IA32_LSTAR=0x8000000000000000
refuses 1 'no plan: IA32_EFER' switch plan "${cpu[@]}" --from IA32_EFER=0xd01 --to IA32_EFER=0x80000d01
json '(.now | map(.name)) == ["IA32_PRED_CMD"] and .late == []' \
    switch plan "${cpu[@]}" --from IA32_PRED_CMD=1,IA32_PAT=6 --to IA32_PRED_CMD=1,IA32_PAT=6
# A task's segments: the selector is loaded first, and its base written even if it is equal.
json '.selectors == {"fs": "0x33"} and (.now | map([.name, .value])) == [["IA32_FS_BASE", "0x7000"]]' \
    switch plan "${cpu[@]}" --from fs=0:0x7000,gs=0:0 --to fs=0x33:0x7000,gs=0:0
json '.selectors == {"fs": "0x2b", "gs": "0x0"} and (.now | map(.name)) == ["IA32_FS_BASE", "IA32_KERNEL_GS_BASE"] and (.late | map(.name)) == ["IA32_TSC_AUX"]' \
    switch plan "${cpu[@]}" --to gs=0:0x1000,IA32_TSC_AUX=1,fs=0x2b:0
json '.selectors == {} and (.now + .late) == []' switch plan "${cpu[@]}" --from fs=3:1 --to fs=3:1
succeeds switch plan "${cpu[@]}" --to 'IA32_PAT=6 gs=0x33:0x1000'
check 'a load is a line, before the writes' contains "$out" 'first        load       gs                           0x33'
refuses 2 'is neither fs=SELECTOR:BASE nor' switch plan "${cpu[@]}" --to fs=7
refuses 2 'the selector in `gs=0x12345:0` is no number of 16 bits' switch plan "${cpu[@]}" --to gs=0x12345:0
refuses 2 'is no address of user mode' switch plan "${cpu[@]}" --to gs=0:0xffff800000000000
refuses 2 'a register set is one line without a comment' switch plan "${cpu[@]}" --to 'IA32_TSC_AUX=1#,IA32_PAT=6'
refuses 2 '`fs=0:2` gives the base of FS twice' switch plan "${cpu[@]}" --to fs=0:1,fs=0:2
refuses 2 '`gs=0:2` gives the base of GS twice' switch plan "${cpu[@]}" --to IA32_KERNEL_GS_BASE=1,gs=0:2

cat >"$work/trace" <<'TEXT'
# Legacy IBRS, two tasks, and a guest that runs twice before its task returns to user mode.
host  IA32_LSTAR=0xffffffff81000000
entry IA32_SPEC_CTRL=1
exit  IA32_SPEC_CTRL=0
task  a IA32_FS_BASE=0x7f0000001000
task  b IA32_FS_BASE=0x7f0000002000
guest g IA32_LSTAR=0xffffffff82000000
0 switch a
0 exit
0 enter
0 load g
0 put
0 load g
0 put
0 exit
0 switch b
1 switch b
TEXT
strategies='[.strategies[] | {(.strategy): .}] | add'
json "$strategies"' | .all.writes == 10 and .diff.writes == 10 and .deferred.writes == 8' switch simulate "${cpu[@]}" "$work/trace"
json "$strategies"' | .deferred.writes_by_cause == {"task_switch": 3, "guest": 1, "user_return": 1, "system_call": 3, "other": 0}' \
    switch simulate "${cpu[@]}" "$work/trace"
json '.events == {"switches": 3, "loads": 2, "user_returns": 2, "system_calls": 1, "writes": 0} and .recorded == null' \
    switch simulate "${cpu[@]}" "$work/trace"
json '.strategies | length == 1 and .[0].strategy == "diff"' switch simulate "${cpu[@]}" --strategy diff "$work/trace"
succeeds switch simulate "${cpu[@]}" "$work/trace"
check 'assumed costs are said to be so' contains "$out" 'cycles assumed: WRMSR 150 where it serialises'

# Measured costs, in the form of msr cost --json --write.
echo '{"cpus": [{"registers": [{"address": "0xc0000100", "write": {"median": 1000}}, {"address": "0x48"}]}]}' >"$work/costs"
json '.costs.measured == {"0xc0000100": 1000.0} and (.strategies[] | select(.strategy == "all").cycles) > 3000' \
    switch simulate "${cpu[@]}" --costs "$work/costs" "$work/trace"
succeeds switch simulate "${cpu[@]}" --costs "$work/costs" "$work/trace"
check 'measured costs are said to be so' contains "$out" 'cycles measured: WRMSR of 1 registers'
echo '{"cpus": [{"registers": [{"address": "0x48"}]}]}' >"$work/no_costs"
refuses 2 'nothing was written when it was made' switch simulate "${cpu[@]}" --costs "$work/no_costs" "$work/trace"
refuses 2 'it is no JSON' switch simulate "${cpu[@]}" --costs "$work/trace" "$work/trace"
refuses 2 'it is not what msr cost prints' switch simulate "${cpu[@]}" --costs <(echo '{"cpus": 1}') "$work/trace"

succeeds switch simulate "${cpu[@]}" --plot "$work/plot.svg" "$work/trace"
check 'the plot is well-formed' grep -q '^</svg>$' "$work/plot.svg"
check 'a bar each' test "$(grep -c 'text-anchor="middle">\(all\|diff\|deferred\)<' "$work/plot.svg")" = 3
msr switch simulate "${cpu[@]}" --plot "$work/absent/plot.svg" "$work/trace"
check 'a plot that cannot be written' test "$code" = 3

# mistaken TEXT PLACE-AND-MESSAGE
mistaken() {
    printf '%b' "$1" >"$work/own"
    refuses 2 "$2" switch simulate "${cpu[@]}" "$work/own"
}
mistaken 'task a\n0 jump\n' 'line 2, column 3: there is no event `jump`'
mistaken '0 switch a\n' 'line 1, column 10: no task `a` is declared'
mistaken 'task a IA32_FS_BSE=1\n' 'line 1, column 8:'
mistaken 'task a IA32_FS_BASE=nothing\n' 'line 1, column 21: `nothing` is no number'
mistaken 'guest g\n0 load g\n0 load g\n' 'line 3, column 3: a guest is loaded on CPU 0'
printf 'host IA32_EFER=0xd01\ntask a IA32_EFER=0\n0 switch a\n' >"$work/own"
refuses 1 'line 3, column 1: no plan: IA32_EFER' switch simulate "${cpu[@]}" "$work/own"
mistaken '# a comment\n' 'nothing happens in it'
head -c 3000000 /dev/zero >"$work/zeros"
refuses 2 'line 1, column 1: this is not text' switch simulate "${cpu[@]}" "$work/zeros"
refuses 2 'cannot read' switch simulate "${cpu[@]}" "$work/nothing"
refuses 2 'was not recorded' switch simulate "${cpu[@]}" --strategy recorded "$work/trace"

cat >"$work/kernel" <<'TEXT'
# tracer: nop
          <idle>-0       [000] d..2.     4.000001: sched_switch: prev_comm=swapper/0 prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=sh next_pid=72 next_prio=120
              sh-72      [000] d..2.     4.000002: write_msr: c0000100, value 7f0000001000
              sh-72      [000] d.h1.     4.000003: write_msr: 6e0, value 12345678
TEXT
succeeds switch record --from-trace "$work/kernel"
check 'a recorded trace' contains "$out" $'task sh-72\n0 switch sh-72 IA32_FS_BASE=0x7f0000001000\n0 user\n0 write IA32_TSC_DEADLINE=0x12345678'
json '.writes == 2 and .switches == 1 and .lost_events == 0' switch record --from-trace "$work/kernel" --output "$work/recorded"
json '.strategies[0] | .strategy == "recorded" and .writes == 2' switch simulate "${cpu[@]}" "$work/recorded"
echo 'CPU:0 [LOST 7 EVENTS]' >>"$work/kernel"
msr switch record --from-trace "$work/kernel" --output "$work/gaps"
check 'events that were lost: a limit' test "$code" = 5
check 'and it says how many' contains "$err" 'lost 7 events'
refuses 2 'no event of sched_switch or write_msr' switch record --from-trace "$work/trace"
refuses 2 '--json needs --output' switch record --json --from-trace "$work/kernel"
refuses 2 'see msr switch --help' switch nothing

finish
