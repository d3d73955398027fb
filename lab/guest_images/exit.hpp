// How these guests end, and the memory that the compiler's copies need. Freestanding.
#pragma once

#include "lab/image/exceptions.hpp"
#include "lab/image/ports.hpp"
#include "msr/core/recovery.hpp"

namespace msr::lab {

/// The value of an exit for something that should not have happened.
inline constexpr std::uint8_t unexpected = 0xEE;

[[noreturn]] inline void exit_with(std::uint8_t value) {
    out(qemu_exit_port, value);
    for (;;)
        asm volatile("hlt");
}

/// What a refused access becomes: a value. Anything else ends the guest.
inline void recover_or_exit(frame* interrupted) {
    if (interrupted->vector == vector::general_protection && interrupted->error_code == 0 &&
        recover(interrupted->instruction_pointer))
        return;
    exit_with(unexpected);
}

}  // namespace msr::lab
