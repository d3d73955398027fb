// The image's exceptions: what entry.S leaves of one on the stack, and the gates to it. Freestanding.
#pragma once

#include <cstdint>

namespace msr::lab {

/// An interrupted program as exception_stubs leave it on the stack (SDM volume 3, 6.14.2).
struct frame {
    std::uint64_t saved[9];
    std::uint64_t vector;
    std::uint64_t error_code;
    std::uint64_t instruction_pointer;
    std::uint64_t code_segment;
    std::uint64_t flags;
    std::uint64_t stack_pointer;
    std::uint64_t stack_segment;
};

/// Vectors of exceptions (SDM volume 3, table 6-1).
namespace vector {
inline constexpr std::uint8_t nmi = 2;
inline constexpr std::uint8_t invalid_opcode = 6;
inline constexpr std::uint8_t double_fault = 8;
inline constexpr std::uint8_t general_protection = 13;
inline constexpr std::uint8_t page_fault = 14;
inline constexpr std::uint8_t last_exception = 31;
}  // namespace vector

/// Points all 256 vectors to image_exception. A double fault gets the stack `double_fault_stack` of the TSS's table;
/// 0: the one that was in use.
void load_gates(std::uint8_t double_fault_stack = 0);

}  // namespace msr::lab

extern "C" {
/// The image's own: called for every exception and interrupt, and returned from to what `interrupted` says then.
void image_exception(msr::lab::frame* interrupted);
/// The image's own: its program.
void image_main();
}
