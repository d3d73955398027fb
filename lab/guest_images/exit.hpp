// What each of these guests has, and how they end. Freestanding.
#pragma once

#include <cstdint>

#include "lab/image/ports.hpp"

namespace msr::lab {

/// The value of an exit for something that should not have happened.
inline constexpr std::uint8_t unexpected = 0xEE;

[[noreturn]] inline void exit_with(std::uint8_t value) {
    out(qemu_exit_port, value);
    for (;;)
        asm volatile("hlt");
}

/// What a guest is about, with gates loaded: its exit's value.
[[nodiscard]] std::uint8_t guest_result();

}  // namespace msr::lab
