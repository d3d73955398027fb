// The ports that emulators listen to. Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "msr/host/guest_ports.hpp"

namespace msr::lab {

using host::console_port;
using host::qemu_exit_port;

inline void out(std::uint16_t port, const char* text, std::size_t length) {
    asm volatile("rep outsb" : "+S"(text), "+c"(length) : "d"(port) : "memory");
}

inline void out(std::uint16_t port, std::uint8_t byte) {
    asm volatile("outb %0, %1" ::"a"(byte), "d"(port) : "memory");
}

inline std::uint8_t in(std::uint16_t port) {
    std::uint8_t byte = 0;
    asm volatile("inb %1, %0" : "=a"(byte) : "d"(port) : "memory");
    return byte;
}

/// Ends Bochs. Elsewhere nothing happens.
inline void shut_bochs_down() {
    out(host::bochs_shutdown_port, host::bochs_shutdown_word, host::bochs_shutdown_length);
}

}  // namespace msr::lab
