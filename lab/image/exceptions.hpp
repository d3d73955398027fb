// The image's exceptions: what entry.S leaves of one on the stack, and the gates to it. Freestanding.
#pragma once

#include <cstddef>
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

/// A gate of the IDT in 64-bit mode (SDM volume 3, 6.14.1).
struct gate {
    std::uint16_t offset_low;
    std::uint16_t selector;
    std::uint8_t stack;
    std::uint8_t type;
    std::uint16_t offset_middle;
    std::uint32_t offset_high;
    std::uint32_t reserved;
};
inline constexpr std::size_t vectors = 256;

/// An interrupt gate of ring 0 to code at `address`; `stack`: of the TSS's table, or 0.
[[nodiscard]] gate gate_to(std::uint64_t address, std::uint8_t stack = 0);
/// Makes it the CPU's table.
void load_table(const gate (&table)[vectors]);

/// Vectors of exceptions (SDM volume 3, table 6-1).
namespace vector {
inline constexpr std::uint8_t debug = 1;
inline constexpr std::uint8_t nmi = 2;
inline constexpr std::uint8_t invalid_opcode = 6;
inline constexpr std::uint8_t double_fault = 8;
inline constexpr std::uint8_t segment_not_present = 11;
inline constexpr std::uint8_t general_protection = 13;
inline constexpr std::uint8_t page_fault = 14;
inline constexpr std::uint8_t machine_check = 18;
inline constexpr std::uint8_t last_exception = 31;
}  // namespace vector

/// Points all 256 vectors to image_exception. A double fault gets the stack `double_fault_stack` of the TSS's table;
/// 0: the one that was in use.
void fill_table(gate (&table)[vectors], std::uint8_t double_fault_stack = 0);
/// The same with a table of the image's own, which becomes the CPU's.
void load_gates(std::uint8_t double_fault_stack = 0);

}  // namespace msr::lab

extern "C" {
/// The image's own: called for every exception and interrupt, and returned from to what `interrupted` says then.
void image_exception(msr::lab::frame* interrupted);
/// The image's own: its program.
void image_main();
}
