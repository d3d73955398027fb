#include "msr/context/switch_plan/simulate.hpp"

#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/context/assumed_cycles.hpp"
#include "msr/context/switch_plan/record.hpp"
#include "msr/context/switch_plan/trace_line.hpp"
#include "msr/host/shipped_cpu.hpp"
#include "msr/registers/ia32_fs_base.hpp"
#include "msr/registers/ia32_spec_ctrl.hpp"

namespace msr::context {
namespace {

switch_trace trace_of(std::string_view text) {
    auto read = read_switch_trace(text, catalogue::built_in());
    EXPECT_TRUE(read) << read.error().line << ':' << read.error().column << ": " << read.error().message;
    return read ? std::move(*read) : switch_trace{};
}

switch_totals totals(std::string_view text, switch_strategy how, std::string_view cpu = "ice-lake-sp",
                     const write_costs& costs = {}) {
    const auto trace = trace_of(text);
    const host::shipped_cpu on{catalogue::built_in(), cpu};
    const trace_rules rules{trace, *on, 0};
    const auto result = simulate(trace, *rules, how, costs);
    EXPECT_TRUE(result) << result.error().message;
    return result ? *result : switch_totals{};
}

std::uint64_t writes(std::string_view text, switch_strategy how) {
    return totals(text, how).writes;
}

constexpr std::string_view tasks = R"(
task a IA32_FS_BASE=0x7f0000001000 IA32_SPEC_CTRL=0
task b IA32_FS_BASE=0x7f0000002000 IA32_SPEC_CTRL=0
0 switch a
0 user
0 switch b
0 user
0 switch a
0 user
)";

TEST(simulate, all_writes_everything_and_diff_what_differs) {
    EXPECT_EQ(writes(tasks, switch_strategy::all), 6);
    // SPEC_CTRL once: what the CPU held at first is not known.
    EXPECT_EQ(writes(tasks, switch_strategy::diff), 4);
    EXPECT_EQ(writes(tasks, switch_strategy::deferred), 4);  // neither of the two can wait
    EXPECT_EQ(totals(tasks, switch_strategy::all).serialising, 3);
}

// KVM's way: a guest runs again and again, and the host's kernel never leaves for user mode.
constexpr std::string_view guest_rounds = R"(
host IA32_STAR=1 IA32_LSTAR=2 IA32_FMASK=3
guest g IA32_STAR=11 IA32_LSTAR=12 IA32_FMASK=3
0 load g
0 put
0 load g
0 put
0 load g
0 put
0 user
)";

TEST(simulate, what_can_wait_is_put_back_once) {
    EXPECT_EQ(writes(guest_rounds, switch_strategy::all), 18);
    EXPECT_EQ(writes(guest_rounds, switch_strategy::diff), 12);
    const auto deferred = totals(guest_rounds, switch_strategy::deferred);
    EXPECT_EQ(deferred.writes, 4);
    EXPECT_EQ(deferred.by_cause[static_cast<std::size_t>(write_cause::guest)], 2);
    EXPECT_EQ(deferred.by_cause[static_cast<std::size_t>(write_cause::user_return)], 2);
}

// Two kernel threads' turns in between cost nothing, and neither does a task that never gets to user mode.
TEST(simulate, the_last_of_many_switches_counts) {
    constexpr std::string_view text = R"(
task a IA32_TSC_AUX=1
task b IA32_TSC_AUX=2
0 switch a
0 user
0 switch b
0 switch a
0 switch b
0 switch a
0 user
)";
    EXPECT_EQ(writes(text, switch_strategy::diff), 5);
    EXPECT_EQ(writes(text, switch_strategy::deferred), 1);
}

// Legacy IBRS: one on the way in, one on the way out.
TEST(simulate, a_system_call_writes_twice) {
    constexpr std::string_view text = R"(
entry IA32_SPEC_CTRL=1
exit  IA32_SPEC_CTRL=0
0 enter
0 exit
0 enter
0 exit
)";
    for (const auto how : {switch_strategy::all, switch_strategy::diff, switch_strategy::deferred}) {
        const auto result = totals(text, how);
        EXPECT_EQ(result.by_cause[static_cast<std::size_t>(write_cause::system_call)], 4);
        EXPECT_EQ(result.serialising, 0);
    }
}

TEST(simulate, cpus_have_registers_of_their_own) {
    constexpr std::string_view text = R"(
task a IA32_FS_BASE=1
0 switch a
1 switch a
0 switch a
)";
    EXPECT_EQ(writes(text, switch_strategy::diff), 2);
}

TEST(simulate, a_write_changes_the_set_of_who_runs) {
    constexpr std::string_view text = R"(
task a IA32_FS_BASE=1
task b IA32_FS_BASE=2
0 switch a
0 write IA32_FS_BASE=3
0 switch b
0 switch a
0 write IA32_FS_BASE=3
)";
    EXPECT_EQ(writes(text, switch_strategy::diff), 4);  // the last finds it there
}

TEST(simulate, cycles_are_measured_where_they_were) {
    constexpr std::string_view text = "task a IA32_FS_BASE=1 IA32_SPEC_CTRL=1\n0 switch a\n";
    EXPECT_EQ(totals(text, switch_strategy::all).cycles, assumed_cycles::wrmsr_serialising + assumed_cycles::wrmsr);
    const write_costs costs{{{ia32_fs_base::address, 1000}}, "a file"};
    EXPECT_EQ(totals(text, switch_strategy::all, "ice-lake-sp", costs).cycles, 1000 + assumed_cycles::wrmsr);
    // Not of WRMSRNS.
    EXPECT_EQ(totals(text, switch_strategy::diff, "panther-lake", costs).cycles,
              assumed_cycles::wrmsrns + assumed_cycles::wrmsr);
}

TEST(simulate, a_register_that_the_cpu_lacks_is_known_as_such) {
    const auto trace = trace_of("task a IA32_FRED_RSP0=64 0x12345=1\n0 switch a\n");
    const host::shipped_cpu skylake{catalogue::built_in(), "skylake-sp"};
    const trace_rules rules{trace, *skylake, 0};
    EXPECT_EQ(rules.unknown().size(), 2);
    const auto result = simulate(trace, *rules, switch_strategy::deferred, {});
    ASSERT_TRUE(result);
    EXPECT_EQ(result->serialising, 2);
}

TEST(simulate, a_switch_that_has_no_plan_is_an_error_with_its_line) {
    constexpr std::string_view text = "host IA32_EFER=0xD01\ntask a IA32_EFER=0\n0 switch a\n";
    const auto trace = trace_of(text);
    const host::shipped_cpu on{catalogue::built_in(), "skylake-sp"};
    const trace_rules rules{trace, *on, 0};
    const auto result = simulate(trace, *rules, switch_strategy::diff, {});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().line, 3);
    EXPECT_NE(result.error().message.find("IA32_EFER"), std::string::npos) << result.error().message;
}

// What a CPU held before anybody said so is held against nothing.
TEST(simulate, what_is_not_known_refuses_no_plan) {
    constexpr std::string_view text = "guest g IA32_EFER=0\n0 load g\n0 put\n0 load g\n";
    EXPECT_EQ(writes(text, switch_strategy::diff), 3);
    EXPECT_EQ(writes(text, switch_strategy::deferred), 3);
}

TEST(simulate, a_command_acts_each_time_and_is_not_put_back) {
    constexpr std::string_view text = R"(
guest g IA32_PRED_CMD=1
0 load g
0 put
0 load g
0 put
0 write IA32_PRED_CMD=1
)";
    for (const auto how : {switch_strategy::all, switch_strategy::diff, switch_strategy::deferred})
        EXPECT_EQ(writes(text, how), 3);
    EXPECT_EQ(writes("0 write IA32_TSC_DEADLINE=5\n0 write IA32_TSC_DEADLINE=5\n", switch_strategy::diff), 2);
}

// The kernel's own value of a user-return register stays until user mode is to find another.
TEST(simulate, a_system_calls_values_wait_too) {
    constexpr std::string_view text = R"(
host  IA32_FMASK=1
entry IA32_FMASK=2
exit  IA32_FMASK=1
guest g IA32_FMASK=2
0 enter
0 load g
0 put
0 load g
0 put
0 exit
0 enter
0 exit
)";
    EXPECT_EQ(writes(text, switch_strategy::diff), 6);
    EXPECT_EQ(writes(text, switch_strategy::deferred), 4);
}

// What a hypervisor logs is read as it is meant.
TEST(trace_line, is_read_back) {
    char storage[200];
    const profile::known_register registers[]{{ia32_fs_base::address, ~std::uint64_t{0}}, {ia32_spec_ctrl::address, 0}};
    std::string log = "guest g\n";
    log += std::string_view{trace_line(storage, 4095, "load", "g", registers)};
    log += std::string_view{trace_line(storage, 4095, "put", {}, {})};
    const auto trace = trace_of(log);
    ASSERT_EQ(trace.events.size(), 2);
    EXPECT_EQ(trace.events[0].what, switch_event::load);
    EXPECT_EQ(trace.events[0].cpu, 4095);
    ASSERT_EQ(trace.events[0].registers.size(), 2);
    EXPECT_EQ(trace.events[0].registers[0].address, ia32_fs_base::address);
    EXPECT_EQ(trace.events[0].registers[0].value, ~std::uint64_t{0});
    EXPECT_EQ(trace.events[1].what, switch_event::put);
}

TEST(trace_line, is_whole_or_empty) {
    char storage[8];
    EXPECT_EQ(std::string_view{trace_line(storage, 0, "user", {}, {})}, "0 user\n");
    EXPECT_TRUE(trace_line(storage, 10, "user", {}, {}).size() == 8);
    EXPECT_TRUE(trace_line(storage, 100, "user", {}, {}).empty());
}

// As Linux 6.1 writes it.
constexpr std::string_view kernels = R"(# tracer: nop
#
           <...>-71      [000] d..2.     4.000001: sched_switch: prev_comm=sh prev_pid=71 prev_prio=120 prev_state=R ==> next_comm=my task next_pid=72 next_prio=120
           <...>-72      [000] d..2.     4.000002: write_msr: c0000100, value 7f0000001000
         my task-72      [000] d.h1.     4.000003: write_msr: 6e0, value 12345678
         my task-72      [000] d..2.     4.000004: write_msr: c0000100, value 7f0000003000
         my task-72      [000] d..2.     4.000005: write_msr: 123, value 0 #GP
         my task-72      [000] d..2.     4.000006: sched_switch: prev_comm=my task prev_pid=72 prev_prio=120 prev_state=S ==> next_comm=swapper/0 next_pid=0 next_prio=120
CPU:1 [LOST 12 EVENTS]
          <idle>-0       [001] d..2.     4.000007: write_msr: 6e0, value 2345678
)";

TEST(record, what_follows_a_switch_is_the_tasks) {
    const auto made = record_switches(kernels, catalogue::built_in(), "a kernel");
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->text, R"(recorded a kernel
task my_task-72
0 switch my_task-72 IA32_FS_BASE=0x7f0000001000
0 user
0 write IA32_TSC_DEADLINE=0x12345678
0 write IA32_FS_BASE=0x7f0000003000
task swapper/0-0
1 write IA32_TSC_DEADLINE=0x2345678
0 switch swapper/0-0
)");
    EXPECT_EQ(made->switches, 2);
    EXPECT_EQ(made->writes, 4);
    EXPECT_EQ(made->refused, 1);
    EXPECT_EQ(made->lost, 12);
    EXPECT_EQ(writes(made->text, switch_strategy::recorded), 4);
    EXPECT_EQ(writes(made->text, switch_strategy::diff), 4);
}

TEST(record, system_calls_say_who_returns) {
    const auto made = record_switches(R"(
 sh-71 [000] d..2. 4.1: sched_switch: prev_comm=a prev_pid=1 prev_prio=1 prev_state=R ==> next_comm=sh next_pid=71 next_prio=1
 sh-71 [000] ..... 4.2: sys_exit: NR 7 = 0
 sh-71 [000] ..... 4.3: sys_enter: NR 7 (0, 0, 0, 0, 0, 0)
)",
                                      catalogue::built_in(), "x");
    ASSERT_TRUE(made);
    EXPECT_EQ(made->text, "recorded x\ntask sh-71\n0 switch sh-71\n0 exit\n0 enter\n");
    EXPECT_EQ(made->system_calls, 1);
}

TEST(record, mistakes_have_their_line) {
    const auto line_of = [](std::string_view text) {
        const auto made = record_switches(text, catalogue::built_in(), "x");
        EXPECT_FALSE(made);
        return made ? 0 : made.error().line;
    };
    EXPECT_EQ(line_of(""), 1);
    EXPECT_EQ(line_of("\n a-1 [000] d 1.0: write_msr: xyz, value 1\n"), 2);
    EXPECT_EQ(line_of("\n a-1 [000] d 1.0: write_msr: 10\n"), 2);
    EXPECT_EQ(line_of("\n a-1 [000] d 1.0: sched_switch: next_pid=1\n"), 2);
    EXPECT_EQ(line_of("\n a-1 [9999] d 1.0: write_msr: 10, value 1\n"), 2);
}

}  // namespace
}  // namespace msr::context
