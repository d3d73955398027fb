// How events enter assembled code and leave it: frames on the stack, and where variables are.
#include <array>

#include <fmt/format.h>

#include "lab/ring0/descriptors.hpp"
#include "lab/switching/assembly.hpp"
#include "lab/switching/sequence.hpp"

namespace msr::switching {

std::vector<std::string> variables_in_memory(const context::program& what) {
    std::vector<std::string> result;
    for (std::size_t at = 0; at < what.variables.size(); ++at) {
        const bool percpu = (what.percpu_variables >> at & 1U) != 0;
        result.push_back(percpu ? fmt::format("%gs:{}", offsetof(percpu_data, variables) + 8 * at)
                                : fmt::format("guest_variables + {}", 8 * at));
    }
    return result;
}

namespace {

constexpr std::array<std::string_view, context::event_kinds> event_names{"irq", "nmi", "mc", "db", "fault", "syscall"};

std::string begin_entry(std::string_view prefix, std::string_view name) {
    return fmt::format("    .globl {0}_{1}\n{0}_{1}:\n", prefix, name);
}

// SYSCALL changes neither stack nor segments' bases; the frame is as an interrupt's.
std::string call_entry() {
    using namespace ring0::selector;
    return fmt::format(
        "    mov %rsp, caller_stack\n    mov $guest_kernel_stack_top, %rsp\n    push ${}\n"
        "    pushq caller_stack\n    push %r11\n    push ${}\n    push %rcx\n    push $0\n",
        user_data | of_ring_3, user_code | of_ring_3);
}

}  // namespace

std::string entries_text(const context::program& what, const assembly& code, std::string_view prefix) {
    std::string result;
    for (std::size_t kind = 0; kind < context::event_kinds; ++kind) {
        const auto handler = what.handlers.at(kind);
        if (handler == context::no_instruction) continue;
        const auto tail = fmt::format("    push_registers\n    jmp {}\n", code.begin_of(handler));
        const bool fault = static_cast<context::event>(kind) == context::event::fault;
        const bool call = static_cast<context::event>(kind) == context::event::system_call;
        result += begin_entry(prefix, event_names.at(kind));
        result += (call ? call_entry() : fault ? "" : "    push $0\n") + tail;
        if (fault) result += begin_entry(prefix, "fault_without_code") + "    push $0\n" + tail;
    }
    return result;
}

std::string_view macros() {
    static const auto text = fmt::format(
        R"(    .macro push_registers
    push %rax
    push %rcx
    push %rdx
    push %r12
    push %r13
    push %r14
    push %r15
    .endm
    .macro pop_from_r15
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    .endm
    .macro frame_to_registers
    pop_from_r15
    pop %rdx
    pop %rcx
    pop %rax
    add $8, %rsp
    .endm
    // SYSRET takes two registers for what IRET takes from the frame; the stack has to be the user's before.
    .macro frame_to_sysret
    mov {0}(%rsp), %rcx
    mov {1}(%rsp), %r11
    pop_from_r15
    pop %rdx
    add $8, %rsp
    pop %rax
    mov {2}(%rsp), %rsp
    .endm
    // A fault of IRET: the frame that IRET was to take still stands where the fault's frame says that the stack was. Its
    // registers are those of the fault.
    .macro discard_frame
    mov {3}(%rsp), %rcx
    .irp at, 56, 48, 40, 32, 24, 16, 8, 0
    mov \at(%rsp), %rax
    mov %rax, \at - {0}(%rcx)
    .endr
    lea -{0}(%rcx), %rsp
    .endm
)",
        offsetof(entry_frame, instruction_pointer), offsetof(entry_frame, flags),
        offsetof(entry_frame, stack_pointer) - offsetof(entry_frame, error_code), offsetof(entry_frame, stack_pointer));
    return text;
}

}  // namespace msr::switching
