// The ports that emulators listen to. Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>

namespace msr::lab {

inline constexpr std::uint16_t console_port = 0xE9;  // Bochs: port_e9_hack; QEMU: isa-debugcon
inline constexpr std::uint16_t bochs_shutdown_port = 0x8900;
inline constexpr std::uint16_t qemu_exit_port = 0xF4;  // isa-debug-exit, as the lab configures it

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
    out(bochs_shutdown_port, "Shutdown", 8);  // the word that it waits for
}

}  // namespace msr::lab
