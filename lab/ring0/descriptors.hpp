// Segments of rings 0 and 3, and the task state segment that brings ring 3 back (SDM volume 3, 3.4.5, 8.2.3, 8.7).
#pragma once

#include <cstdint>

namespace msr::ring0 {

/// Offsets into the GDT. SYSRET wants user data one entry above its base, and user code two (SDM volume 2, SYSRET).
namespace selector {
inline constexpr std::uint16_t code = 0x08;  // as entry.S and the gates have it
inline constexpr std::uint16_t data = 0x10;
inline constexpr std::uint16_t first_free = 0x18;  // for a program's own data segments
inline constexpr std::uint16_t sysret_base = 0x38;
inline constexpr std::uint16_t user_data = sysret_base + 0x08;
inline constexpr std::uint16_t user_code = sysret_base + 0x10;
inline constexpr std::uint16_t task = 0x50;
inline constexpr std::uint16_t cpu_number = 0x60;  // its limit tells the CPU's number
inline constexpr std::uint16_t of_ring_3 = 3;      // the requested privilege level
}  // namespace selector

struct table_register {  // what SGDT and SIDT store
    std::uint16_t limit;
    std::uint64_t base;
} __attribute__((packed));

/// Number of the interrupt stack that a double fault gets.
inline constexpr std::uint8_t double_fault_stack = 1;

/// Loads the GDT and TR. Ring 3 is interrupted onto a stack of its own.
void load_descriptors();

/// A data segment of ring 3 at `place`, one of the free ones; its load faults unless it is `present`.
void place_data_segment(std::uint16_t place, std::uint32_t base, bool present);

/// Where ring 3 is interrupted to, and what a gate's stack number leads to.
void set_ring_0_stack(std::uint64_t top);
void set_interrupt_stack(std::uint8_t number, std::uint64_t top);

[[nodiscard]] std::uint64_t task_segment_base();
[[nodiscard]] std::uint32_t task_segment_limit();
[[nodiscard]] table_register descriptor_table();
[[nodiscard]] table_register interrupt_table();

}  // namespace msr::ring0
