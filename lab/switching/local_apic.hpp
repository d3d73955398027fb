// The local APIC's timer, by its page of registers: not every emulated CPU has x2APIC mode. Freestanding.
#pragma once

#include <cstdint>

#include "lab/ring0/value_of.hpp"
#include "lab/switching/memory_map.hpp"
#include "msr/registers/ia32_apic_base.hpp"

namespace msr::switching {

/// Offsets into the page, and bits (SDM volume 3, table 11-1, figures 11-8, 11-10, 11-23).
namespace local_apic {
inline constexpr std::uint32_t end_of_interrupt = 0xB0;
inline constexpr std::uint32_t spurious_vector = 0xF0;
inline constexpr std::uint32_t timer_entry = 0x320;
inline constexpr std::uint32_t initial_count = 0x380;
inline constexpr std::uint32_t divide_configuration = 0x3E0;

inline constexpr std::uint32_t enabled = 1U << 8;
inline constexpr std::uint32_t masked = 1U << 16;
inline constexpr std::uint32_t periodic = 1U << 17;
inline constexpr std::uint32_t divide_by_1 = 0xB;

inline std::uint64_t page() {
    return ia32_apic_base::from_raw(ring0::value_of(ia32_apic_base::address)).apic_base();
}

inline void write(std::uint32_t offset, std::uint32_t value) {
    *reinterpret_cast<volatile std::uint32_t*>(page() + offset) = value;
}

/// Interrupts with `vector`, again and again after so many of its ticks, until it is stopped.
inline void start_timer(std::uint8_t vector, std::uint8_t spurious, std::uint32_t ticks) {
    map(page(), page(), false);
    write(spurious_vector, enabled | spurious);
    write(divide_configuration, divide_by_1);
    write(timer_entry, periodic | vector);
    write(initial_count, ticks);
}
inline void stop_timer() {
    write(timer_entry, masked);
    write(initial_count, 0);
}

}  // namespace local_apic
}  // namespace msr::switching
