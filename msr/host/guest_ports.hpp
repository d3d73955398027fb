// Ports by which a bare guest speaks and ends, wherever it runs: emulators and virtual machine monitors have them, and
// guests of ours use them. Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>

namespace msr::host {

inline constexpr std::uint16_t console_port = 0xE9;  // Bochs: port_e9_hack; QEMU: isa-debugcon
inline constexpr std::uint16_t bochs_shutdown_port = 0x8900;
inline constexpr char bochs_shutdown_word[] = "Shutdown";
inline constexpr std::size_t bochs_shutdown_length = sizeof bochs_shutdown_word - 1;
inline constexpr std::uint16_t qemu_exit_port = 0xF4;  // isa-debug-exit, where its users put it
inline constexpr std::uint16_t qemu_exit_ports = 4;

/// The first serial port: a UART as the PC16550D (data sheet, 8.0).
namespace serial {
inline constexpr std::uint16_t first_port = 0x3F8;
inline constexpr std::uint16_t ports = 8;
// Registers, by their distance from the first port. With the divisor latch open, the first two are the divisor.
inline constexpr std::uint16_t data = 0;
inline constexpr std::uint16_t interrupt_enable = 1;
inline constexpr std::uint16_t interrupt_identification = 2;  // a write: FIFO control
inline constexpr std::uint16_t line_control = 3;
inline constexpr std::uint16_t line_status = 5;
inline constexpr std::uint16_t modem_status = 6;
inline constexpr std::uint16_t scratch = 7;
// Bits of line control, line status, interrupt identification and modem status.
inline constexpr std::uint8_t eight_bits = 0x03;
inline constexpr std::uint8_t divisor_latch_open = 0x80;
inline constexpr std::uint8_t transmitter_takes = 0x20;
inline constexpr std::uint8_t transmitter_is_idle = 0x40;
inline constexpr std::uint8_t no_interrupt = 0x01;
inline constexpr std::uint8_t connected = 0xB0;  // CTS, DSR, DCD
}  // namespace serial

}  // namespace msr::host
