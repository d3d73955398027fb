// Code made of sequences and plans, as the image finds it: where each instruction is, and what the hypervisor has to
// know of it. Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "msr/context/segment_bases/cpu.hpp"
#include "msr/context/segment_bases/violation.hpp"
#include "msr/core/view.hpp"

namespace msr::switching {

/// A selector and a base: what a task has in FS or GS.
struct bases {
    std::uint64_t selector = 0;
    std::uint64_t base = 0;

    friend constexpr bool operator==(const bases&, const bases&) = default;
};

struct task_bases {
    bases fs;
    bases gs;
};

/// What follows from an instruction that the CPU itself does not show.
enum class meaning : std::uint8_t {
    nothing,
    percpu,           // reads the first word of the CPU's data into RAX
    percpu_variable,  // reaches further data of the CPU's
    load_selector,    // faults if the descriptor is taken away
    event_return,     // IRET
    system_call_return,
    discard_frame,
    current_task,
    promise_fs,
    promise_fs_base,
    promise_gs,
    promise_gs_base,
    oops,
};

/// One instruction of a sequence, as it was assembled.
struct assembled {
    const char* begin;
    const char* core;  // the machine instruction that does it; what stands before it only prepares it
    text written;      // as the sequence has it
    meaning means = meaning::nothing;
    std::uint64_t value = 0;  // a task's number; what is promised
};

struct descriptor_value {
    std::uint16_t selector;
    std::uint32_t base;
    bool unsteady;
};

struct sequence {
    text name;
    context::violation expected;  // none: the sequence is safe
    bool fsgsbase;                // CR4.FSGSBASE
    bool rdpid;                   // uses RDPID
    view<assembled> code;         // by address
    const char* end;              // of the code
    const char* start;
    const char* user;  // where user mode goes on after a start in the kernel
    bool start_in_user;
    std::uint8_t task;
    task_bases tasks[2];
    const char* entries[context::event_kinds];  // where the CPU arrives; null where nobody handles it
    const char* fault_without_code;             // for exceptions that push no error code
    bool arrives[context::event_kinds];
    bool iret_refused;
    bool sysret_refused;
    view<descriptor_value> descriptors;
    view<std::uint64_t> variables;   // their values at the start
    std::uint16_t percpu_variables;  // a bit each
};

/// A sequence that is not run, and why.
struct left_out {
    text name;
    text reason;
};

/// What a plan saves of one task and loads of the other: its order is the assembler's.
struct saved_bases {
    std::uint64_t fs;
    std::uint64_t fs_base;
    std::uint64_t gs;
    std::uint64_t gs_base;
};
static_assert(offsetof(saved_bases, fs) == 0 && offsetof(saved_bases, fs_base) == 8 &&
              offsetof(saved_bases, gs) == 16 && offsetof(saved_bases, gs_base) == 24);

using plan_code = void(saved_bases* from, const saved_bases* to);

inline constexpr std::size_t planned_tasks = 3;

/// The plans for one kind of CPU, by the tasks that they switch from and to.
struct plan_set {
    text name;
    bool fsgsbase;
    bool null_clears_base;
    bool spoilt;                                       // a step was taken out, for the checks to notice
    plan_code* between[planned_tasks][planned_tasks];  // null where it is one task
};

// Generated.
extern const view<sequence> sequences;
extern const view<left_out> not_run;
extern const view<plan_set> plan_sets;
extern const std::uint64_t kernel_base;

// ---- What the code reaches: the assembler knows the order.

inline constexpr std::size_t most_variables = 12;

/// A CPU's own data, where the kernel's base leads.
struct percpu_data {
    std::uint64_t mark;
    std::uint64_t variables[most_variables];
};
inline constexpr std::uint64_t percpu_mark = 0xC0FF'EE00'1234'5678;

/// An event's frame on the stack: what the assembled entries push, and what the CPU pushed before (SDM volume
/// 3, 6.14.2).
struct entry_frame {
    std::uint64_t r15, r14, r13, r12, rdx, rcx, rax;
    std::uint64_t error_code;
    std::uint64_t instruction_pointer, code_segment, flags, stack_pointer, stack_segment;
};

}  // namespace msr::switching
