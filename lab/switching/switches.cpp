// Three tasks in ring 3, switched by interrupts of the timer and by system calls, with the code that the planner
// planned: 100,000 times by each plan that this CPU can execute.
#include "lab/ring0/control_bits.hpp"
#include "lab/ring0/descriptors.hpp"
#include "lab/ring0/tap.hpp"
#include "lab/ring0/value_of.hpp"
#include "lab/switching/entries.hpp"
#include "lab/switching/local_apic.hpp"
#include "lab/switching/memory_map.hpp"
#include "lab/switching/parts.hpp"
#include "lab/switching/tasks.hpp"
#include "lab/switching/user_task.hpp"
#include "msr/core/access.hpp"
#include "msr/profile/cpuid_walk.hpp"
#include "msr/registers/cpuid.hpp"
#include "msr/registers/ia32_fs_base.hpp"
#include "msr/registers/ia32_gs_base.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "msr/registers/layouts/control_register_4.hpp"
#include "msr/virt/cpuid_source.hpp"

namespace msr::switching {
namespace {

using namespace ring0;

constexpr std::uint64_t most_switches = 100'000;
constexpr std::uint64_t switches_of_spoilt = 1'000;
constexpr std::uint8_t timer_vector = 0x40;
constexpr std::uint8_t spurious = 0xFF;
constexpr std::uint32_t timer_ticks = 1'009;

struct task {
    task_frame registers;
    saved_bases bases;
    user_task own;
    alignas(16) std::byte stack[1024];
};

/// What is counted, plan by plan.
struct counts {
    std::uint64_t switches;
    std::uint64_t interrupts;
    std::uint64_t in_kernel;      // of these
    std::uint64_t kernel_checks;  // of the kernel's own base, and of the task's in the registers
    std::uint64_t kernel_wrong;
};

constinit task tasks[planned_tasks]{};
counts counted;
const plan_set* running;
std::uint64_t switches_wanted;
unsigned current;
std::uint64_t random = 1;

void expect(bool holds) {
    ++counted.kernel_checks;
    if (!holds) ++counted.kernel_wrong;
}

// Through GS, as a kernel does it, and by the register.
void check_own_base() {
    std::uint64_t mark = 0;
    asm volatile("mov %%gs:0, %0" : "=r"(mark)::"memory");
    expect(mark == percpu_mark && value_of(ia32_gs_base::address) == kernel_base);
}

// The next task as the CPU has it before user mode is entered.
void check_switched(const saved_bases& to) {
    saved_bases has{};
    asm volatile("mov %%fs, %k0\n\tmov %%gs, %k1" : "=r"(has.fs), "=r"(has.gs));
    has.fs_base = value_of(ia32_fs_base::address);
    has.gs_base = value_of(ia32_kernel_gs_base::address);
    expect(has.fs == to.fs && has.gs == to.gs && has.fs_base == to.fs_base && has.gs_base == to.gs_base);
}

// Interrupts are let in while the kernel is at work: they find the kernel's base.
void work_with_interrupts() {
    asm volatile("sti\n\tmov $20, %%ecx\n1: dec %%ecx\n\tjnz 1b\n\tcli" ::: "rcx", "memory", "cc");
}

unsigned another_task() {
    random = random * 6364136223846793005 + 1442695040888963407;
    return (current + 1 + static_cast<unsigned>(random >> 63)) % planned_tasks;
}

void write_words() {
    for (unsigned number = 0; number < planned_tasks * places_of_a_task; ++number)
        *reinterpret_cast<std::uint64_t*>(place(number)) = word_at(place(number));
    asm volatile("mov %0, 0" ::"r"(word_at(0)) : "memory");  // where a base of 0 leads
    for (const std::uint64_t base : {first_descriptor_base, second_descriptor_base})
        *reinterpret_cast<std::uint64_t*>(base) = word_at(base);
    place_data_segment(first_selector, first_descriptor_base, true);
    place_data_segment(second_selector, second_descriptor_base, true);
}

void begin_task(unsigned number, bool fsgsbase) {
    auto& one = tasks[number];
    const auto& has = tasks_begin_with[number];
    one.own = {.first_place = number * places_of_a_task,
               .writes_bases = fsgsbase,
               .keeps_gs = has.gs.selector == 0 && has.gs.base == 0,
               .has = has};
    one.bases = {.fs = has.fs.selector, .fs_base = has.fs.base, .gs = has.gs.selector, .gs_base = has.gs.base};
    one.registers = in_ring_3(user_task_main, &one.own, one.stack);
    one.registers.flags |= rflags::interrupts;
}

// The kernel's GS while it runs, and the task's in the inactive one.
void load_first(const saved_bases& has) {
    asm volatile("mov %k0, %%fs\n\tmov %k1, %%gs" ::"r"(has.fs), "r"(has.gs) : "memory");
    native_bus cpu;
    (void)write(cpu, ia32_fs_base{has.fs_base});
    (void)write(cpu, ia32_gs_base{kernel_base});
    (void)write(cpu, ia32_kernel_gs_base{has.gs_base});
}

// The checks themselves are checked: what is wrong on purpose is seen by the tasks and by the kernel.
void report_spoilt(const plan_set& plans) {
    std::uint64_t wrong = 0;
    for (const auto& one : tasks)
        wrong += one.own.wrong;
    check(wrong != 0 && counted.kernel_wrong != 0, plans.name,
          ", without the write of the base of GS: noticed by tasks ", wrong, " times, by the kernel ",
          counted.kernel_wrong, " times in ", counted.switches, " switches");
}

void report(const plan_set& plans) {
    std::uint64_t checks = 0, wrong = 0, changes = 0, loads = 0;
    bool all_load = true;
    for (const auto& one : tasks) {
        checks += one.own.checks;
        changes += one.own.changes;
        loads += one.own.loads;
        all_load = all_load && one.own.loads != 0;
        wrong += one.own.wrong;
        if (one.own.wrong != 0)
            note("a task saw FS ", hex{one.own.seen.fs.selector}, ":", hex{one.own.seen.fs.base}, " GS ",
                 hex{one.own.seen.gs.selector}, ":", hex{one.own.seen.gs.base}, ", having FS ",
                 hex{one.own.has.fs.selector}, ":", hex{one.own.has.fs.base}, " GS ", hex{one.own.has.gs.selector}, ":",
                 hex{one.own.has.gs.base});
    }
    check(counted.switches == switches_wanted && wrong == 0 && counted.kernel_wrong == 0 && counted.in_kernel != 0 &&
              all_load,
          plans.name, ": ", counted.switches, " switches, ", counted.interrupts, " interrupts, ", counted.in_kernel,
          " of them in the kernel; tasks looked ", checks, " times and changed their bases ", changes,
          " times, loaded selectors ", loads, " times; wrong ", wrong, " times, in the kernel ", counted.kernel_wrong,
          " of ", counted.kernel_checks);
}

void run_plans(const plan_set& plans) {
    write_cr4(control_register_4::from_raw(read_cr4()).fsgsbase(plans.fsgsbase).raw());
    running = &plans;
    switches_wanted = plans.spoilt ? switches_of_spoilt : most_switches;
    current = 0;
    counted = {};
    for (unsigned number = 0; number < planned_tasks; ++number)
        begin_task(number, plans.fsgsbase);
    load_first(tasks[0].bases);
    local_apic::start_timer(timer_vector, spurious, timer_ticks);
    run_tasks(&tasks[0].registers);
    local_apic::stop_timer();
    plans.spoilt ? report_spoilt(plans) : report(plans);
}

// By the CPU itself: what a null selector leaves of a base.
bool null_clears_base() {
    native_bus cpu;
    (void)write(cpu, ia32_fs_base{places_address});
    asm volatile("mov %0, %%fs" ::"r"(0) : "memory");
    return value_of(ia32_fs_base::address) == 0;
}

// Interrupts are off. From the kernel nothing is switched.
task_frame* task_event(task_frame* interrupted, unsigned is_call) {
    check_own_base();
    const bool from_kernel = (interrupted->code_segment & selector::of_ring_3) == 0;
    if (is_call == 0) {
        ++counted.interrupts;
        local_apic::write(local_apic::end_of_interrupt, 0);
        if (from_kernel) ++counted.in_kernel;
    }
    if (from_kernel) return interrupted;
    work_with_interrupts();
    auto& from = tasks[current];
    from.registers = *interrupted;
    const auto next = another_task();
    auto& to = tasks[next];
    running->between[current][next](&from.bases, &to.bases);
    check_own_base();
    check_switched(to.bases);
    current = next;
    if (++counted.switches == switches_wanted) leave_tasks();
    return &to.registers;
}

}  // namespace

void switch_between_tasks() {
    note("2. three tasks, switched under interrupts");
    const bool fsgsbase = virt::asked(profile::native_cpuid, cpuid::fsgsbase) != 0;
    const bool clears = null_clears_base();
    write_words();
    enter_kernel_by(task_event, timer_vector, spurious);
    for (const auto& plans : plan_sets) {
        if (plans.fsgsbase && !fsgsbase)
            skip(plans.name, "this CPU has no FSGSBASE");
        else if (plans.null_clears_base && !clears)
            skip(plans.name, "this CPU keeps the base at a null selector");
        else
            run_plans(plans);
    }
}

}  // namespace msr::switching
