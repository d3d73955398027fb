// Three tasks that have values of their own in the registers that user mode alone needs, and a kernel that switches
// between them by each strategy: every write is a WRMSR, and counted; at every return to ring 3 every register is read.
#include <optional>

#include "lab/ring0/engine.hpp"
#include "lab/ring0/tap.hpp"
#include "lab/ring0/value_of.hpp"
#include "lab/switching/entries.hpp"
#include "lab/switching/parts.hpp"
#include "lab/switching/register_switcher.hpp"
#include "lab/switching/user_registers.hpp"
#include "msr/context/switch_plan/trace_line.hpp"
#include "msr/core/access.hpp"
#include "msr/registers/ia32_gs_base.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_tsc_aux.hpp"

namespace msr::switching {
namespace {

using namespace ring0;
using context::switch_strategy;

constexpr std::uint64_t switches_by_each = 6'000;
constexpr std::uint64_t switches_without_one = 300;
constexpr std::uint64_t switches_told = 60;
constexpr unsigned kernel_thread = planned_tasks;  // beside the tasks; it has no values, and never returns to ring 3

// What a program in ring 3 sees of them: RDTSCP shows it TSC_AUX, and LSTAR where its calls arrive.
struct looking_task {
    std::optional<std::uint32_t> tsc_aux;  // as it is to be; nothing without RDTSCP
    std::uint64_t looked = 0;
    std::uint64_t wrong = 0;
};

[[noreturn]] void looking_task_main(looking_task* self) {
    for (;;) {
        if (self->tsc_aux) {
            std::uint32_t aux = 0;
            asm volatile("rdtscp" : "=c"(aux)::"rax", "rdx");
            ++self->looked;
            if (aux != *self->tsc_aux) ++self->wrong;
        }
        asm volatile("syscall" ::: "rcx", "r11", "memory");
    }
}

struct switched_task {
    task_frame registers;
    looking_task own;
    alignas(16) std::byte stack[1024];
};

struct strategy_counts {
    std::uint64_t switches, to_kernel_thread, returns, reads, wrong, wrong_entries;
};

constinit switched_task looking[planned_tasks]{};
description described_cpu;
user_registers of_tasks;
std::optional<register_switcher> switcher;
strategy_counts counted_now;
std::uint64_t wanted_switches;
unsigned running_thread;
std::uint64_t next_random;

unsigned random_below(unsigned limit) {
    next_random = next_random * 6364136223846793005 + 1442695040888963407;
    return static_cast<unsigned>(next_random >> 33) % limit;
}

// What happens, as a trace for `msr switch simulate` (docs/switch-traces.md).
bool is_told = false;
bool values_told[planned_tasks];
constexpr text thread_names[planned_tasks + 1]{"task_0", "task_1", "task_2", "kernel"};

void tell(text event, text who = {}, view<profile::known_register> values = {}) {
    static char storage[line::room];
    if (!is_told) return;
    const auto said = context::trace_line({storage, sizeof storage}, 0, event, who, values);
    if (said.empty()) bail_out("a line of the trace is too long");
    note("trace ", text{said.begin(), said.size() - 1});
}

void tell_threads() {
    is_told = true;
    for (auto& told : values_told)
        told = false;
    for (const auto& name : thread_names)
        note("trace task ", name);
}

void switch_to_task(unsigned task) {
    const auto values = of_tasks.values(task);
    tell("switch", thread_names[task], values_told[task] ? view<profile::known_register>{} : values);
    values_told[task] = true;
    switcher->switch_to(values);
}

void check_registers(unsigned task) {
    for (const auto& [address, value] : of_tasks.values(task)) {
        ++counted_now.reads;
        if (value_of(address) != value) ++counted_now.wrong;
    }
}

void enter_ring_3(unsigned task) {
    tell("user");
    switcher->return_to_ring_3();
    check_registers(task);
    ++counted_now.returns;
}

// A kernel that was called: others run, and the kernel's own thread, until a task goes on in ring 3. Each second one
// waits again in the kernel, and does not get there.
task_frame* schedule(task_frame* interrupted, unsigned /*is_call*/) {
    if (last_call_entry() != of_tasks.value(running_thread, ia32_lstar::address)) ++counted_now.wrong_entries;
    looking[running_thread].registers = *interrupted;
    for (;;) {
        running_thread = (running_thread + 1 + random_below(kernel_thread)) % (kernel_thread + 1);
        ++counted_now.switches;
        if (running_thread == kernel_thread) {
            ++counted_now.to_kernel_thread;
            tell("switch", thread_names[kernel_thread]);
            continue;
        }
        switch_to_task(running_thread);
        if (random_below(2) == 0) continue;
        enter_ring_3(running_thread);
        if (counted_now.switches >= wanted_switches) leave_tasks();
        return &looking[running_thread].registers;
    }
}

void begin_looking_task(unsigned number, bool has_rdtscp) {
    auto& one = looking[number];
    one.own = {};
    if (has_rdtscp) one.own.tsc_aux = static_cast<std::uint32_t>(of_tasks.value(number, ia32_tsc_aux::address));
    one.registers = in_ring_3(looking_task_main, &one.own, one.stack);
}

std::uint64_t wrong_in_ring_3() {
    std::uint64_t wrong = 0;
    for (const auto& one : looking)
        wrong += one.own.wrong;
    return wrong;
}

// Returns how many writes it took.
std::uint64_t run_strategy(switch_strategy how, const profile::profile& cpu, std::uint64_t switches,
                           std::optional<std::uint32_t> left_out) {
    of_tasks.restore();
    counted_writes to{cpu, left_out};
    return_is_armed = false;
    switcher.emplace(how, of_tasks, to);
    counted_now = {.switches = 1};  // to the first
    wanted_switches = switches + 1;
    next_random = 1;
    running_thread = 0;
    for (unsigned number = 0; number < planned_tasks; ++number)
        begin_looking_task(number, cpu.has("rdtscp"));
    switch_to_task(0);
    enter_ring_3(0);
    run_tasks(&looking[0].registers);
    switcher.reset();
    return to.count();
}

std::uint64_t compare_strategy(switch_strategy how, const profile::profile& cpu, std::uint64_t switches) {
    const auto writes = run_strategy(how, cpu, switches, {});
    std::uint64_t looked = 0;
    for (const auto& one : looking)
        looked += one.own.looked;
    const auto& saw = counted_now;
    check(saw.wrong == 0 && saw.wrong_entries == 0 && wrong_in_ring_3() == 0 && saw.returns != 0, to_string(how), ": ",
          writes, " writes of ", of_tasks.addresses().size(), " registers in ", saw.switches, " switches, ",
          saw.to_kernel_thread, " of them to the kernel's thread, and ", saw.returns, " returns to ring 3; read ",
          saw.reads, " times, wrong ", saw.wrong, " times; in ring 3 looked at ", looked, " times, wrong ",
          wrong_in_ring_3(), " times; calls arrived wrong ", saw.wrong_entries, " times");
    return writes;
}

// The simulator gets the same from the trace, or the test of the lab says so.
void tell_some(const profile::profile& cpu) {
    tell_threads();
    compare_strategy(switch_strategy::all, cpu, switches_told);
    is_told = false;
    compare_strategy(switch_strategy::diff, cpu, switches_told);
    compare_strategy(switch_strategy::deferred, cpu, switches_told);
}

void compare_strategies(const profile::profile& cpu) {
    const auto all = compare_strategy(switch_strategy::all, cpu, switches_by_each);
    const auto diff = compare_strategy(switch_strategy::diff, cpu, switches_by_each);
    const auto deferred = compare_strategy(switch_strategy::deferred, cpu, switches_by_each);
    check(deferred < diff && diff < all, "deferred writes less than diff, and diff less than all: ", deferred, " < ",
          diff, " < ", all);
    for (const auto& row : of_tasks.rules().rows) {
        run_strategy(switch_strategy::deferred, cpu, switches_without_one, row.address);
        check(counted_now.wrong != 0, "deferred, without the writes of ", row.entry->name, ": noticed ",
              counted_now.wrong, " times in ", counted_now.returns, " returns");
    }
}

}  // namespace

void compare_real_writes() {
    note("3. three tasks' registers of user mode, by each strategy");
    described_cpu.read_this_cpu();
    enter_kernel_by(schedule);
    native_bus cpu;
    (void)write(cpu, ia32_gs_base{kernel_base});
    (void)write(cpu, ia32_kernel_gs_base{0});
    const bool found = of_tasks.find(described_cpu.cpu());
    if (!check(found, "the library names what user mode alone needs: ", of_tasks.addresses().size(), " registers"))
        return;
    compare_strategies(described_cpu.cpu());
    tell_some(described_cpu.cpu());
    of_tasks.restore();
}

}  // namespace msr::switching
