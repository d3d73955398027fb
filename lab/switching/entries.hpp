// The kernel's entries with interrupts and system calls, and the programs in ring 3 that they come from. Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lab/ring0/control_bits.hpp"
#include "lab/switching/sequence.hpp"

namespace msr::switching {

/// A program in ring 3, as entries.S pushes it, and the CPU before (SDM volume 3, 6.14.2).
struct task_frame {
    std::uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
    std::uint64_t error_code;
    std::uint64_t instruction_pointer, code_segment, flags, stack_pointer, stack_segment;
};

/// What the kernel does when it was entered, by a call or an interrupt, with interrupts off; answers with the frame to
/// go on with.
using kernel_function = task_frame*(task_frame* interrupted, unsigned is_call);

/// Has this CPU's entries lead there: LSTAR, and the gates of two interrupts. Per-CPU data begin anew.
void enter_kernel_by(kernel_function* work, std::uint8_t timer_vector, std::uint8_t spurious_vector);
/// The same without interrupts.
void enter_kernel_by(kernel_function* work);

/// A program that begins with its argument, on a stack of its own, with interrupts off.
[[nodiscard]] task_frame in_ring_3(std::uint64_t program, std::uint64_t argument, std::uint64_t stack_top);
template <class Argument, std::size_t Size>
[[nodiscard]] task_frame in_ring_3(void (*program)(Argument*), Argument* argument, std::byte (&stack)[Size]) {
    return in_ring_3(ring0::address_of(program), ring0::address_of(argument), ring0::address_of(stack) + Size);
}

/// Entries of system calls that can be told apart.
inline constexpr unsigned call_entries = 2;
inline constexpr std::size_t size_of_entry = 32;
[[nodiscard]] std::uint64_t call_entry(unsigned number);
/// That of the last call; it stays where a call came by another entry.
[[nodiscard]] std::uint64_t last_call_entry();

}  // namespace msr::switching

extern "C" {
/// Runs programs in ring 3 until the kernel calls leave_tasks.
void run_tasks(msr::switching::task_frame* first);
[[noreturn]] void leave_tasks();
}
