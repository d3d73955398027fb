#include "lab/ring0/tap.hpp"

#include "lab/image/ports.hpp"

namespace msr::ring0 {
namespace {

namespace serial = host::serial;

constexpr std::uint16_t serial_port(std::uint16_t of) {
    return static_cast<std::uint16_t>(serial::first_port + of);
}

unsigned checks = 0;
unsigned failures = 0;

bool serial_is_there() {
    constexpr std::uint8_t pattern = 0x5A;
    lab::out(serial_port(serial::scratch), pattern);
    return lab::in(serial_port(serial::scratch)) == pattern;
}

void wait_for(std::uint8_t status) {
    while ((lab::in(serial_port(serial::line_status))&status) == 0) {
    }
}

void send_serially(const char* text, std::size_t length) {
    static const bool there = serial_is_there();
    if (!there) return;
    lab::out(serial_port(serial::line_control), serial::eight_bits);
    for (std::size_t at = 0; at < length; ++at) {
        wait_for(serial::transmitter_takes);
        lab::out(serial_port(serial::data), static_cast<std::uint8_t>(text[at]));
    }
    wait_for(serial::transmitter_is_idle);  // the emulator may be told to end next
}

// QEMU's exit code is twice this and one.
[[noreturn]] void leave(std::uint8_t code) {
    lab::out(lab::qemu_exit_port, code);
    lab::shut_bochs_down();
    for (;;)
        asm volatile("hlt");
}

}  // namespace

void line::put(char letter) {
    if (length_ < room)
        text_[length_++] = letter;
    else if (length_ == room)
        for (int dots = 0; dots < 3; ++dots)
            text_[length_++] = '.';
}

line& line::operator<<(text words) {
    for (const char letter : words)
        put(letter);
    return *this;
}

line& line::operator<<(hex number) {
    unsigned digits = 1;
    while (digits < 16 && number.value >> (4 * digits) != 0)
        ++digits;
    while (digits-- != 0)
        put("0123456789ABCDEF"[number.value >> (4 * digits) & 0xF]);
    put('H');
    return *this;
}

line& line::decimal(std::uint64_t number) {
    std::uint64_t unit = 1;
    while (number / unit >= 10)
        unit *= 10;
    for (; unit != 0; unit /= 10)
        put(static_cast<char>('0' + number / unit % 10));
    return *this;
}

void line::send() {
    text_[length_++] = '\n';
    lab::out(lab::console_port, text_, length_);
    send_serially(text_, length_);
}

line detail::begin(bool holds) {
    ++checks;
    if (!holds) ++failures;
    line said;
    said << text{holds ? text{"ok "} : text{"not ok "}} << checks << text{" - "};
    return said;
}

void finish() {
    line plan;
    (plan << text{"1.."} << checks).send();
    if (failures != 0) note(text{"failed: "}, failures);
    leave(failures == 0 ? 0 : 1);
}

void leave_failed() {
    leave(2);
}

}  // namespace msr::ring0
