#include "tools/msr/guest/devices.hpp"

#include <algorithm>
#include <span>

#include "msr/host/guest_ports.hpp"

namespace tool {

namespace host = msr::host;
namespace serial = msr::host::serial;

namespace {

constexpr bool is_among(std::uint16_t port, std::uint16_t first, std::uint16_t count) {
    return port >= first && port - first < count;
}

}  // namespace

guest_devices::answer guest_devices::handle(kvm_run& state) {
    const auto port = state.io.port;
    const bool out = state.io.direction == KVM_EXIT_IO_OUT;
    const std::span<std::uint8_t> bytes{reinterpret_cast<std::uint8_t*>(&state) + state.io.data_offset,
                                        std::size_t{state.io.size} * state.io.count};
    if (out && is_among(port, host::qemu_exit_port, host::qemu_exit_ports)) {
        std::uint32_t value = 0;
        for (std::size_t at = 0; at < std::min<std::size_t>(state.io.size, sizeof value); ++at)
            value |= std::uint32_t{bytes[at]} << (8 * at);
        exit_value_ = value;
        return answer::ended;
    }
    if (state.io.size != 1) return answer::unknown;
    if (is_among(port, serial::first_port, serial::ports)) {
        const auto which = static_cast<std::uint16_t>(port - serial::first_port);
        for (auto& byte : bytes) {
            if (out)
                write_serial(which, byte);
            else
                byte = read_serial(which);
        }
        return answer::done;
    }
    if (port == host::console_port) {
        // Not what Bochs answers: guests take that for Bochs.
        for (auto& byte : bytes) {
            if (out)
                say(byte);
            else
                byte = 0xFF;
        }
        return answer::done;
    }
    if (out && port == host::bochs_shutdown_port) {
        for (const auto byte : bytes) {
            const auto letter = static_cast<char>(byte);
            if (letter != host::bochs_shutdown_word[shutdown_matched_]) shutdown_matched_ = 0;
            if (letter == host::bochs_shutdown_word[shutdown_matched_]) ++shutdown_matched_;
            if (shutdown_matched_ == host::bochs_shutdown_length) return answer::ended;
        }
        return answer::done;
    }
    return answer::unknown;
}

std::uint8_t guest_devices::read_serial(std::uint16_t which) const {
    if (which < divisor_.size() && (serial_[serial::line_control] & serial::divisor_latch_open) != 0)
        return divisor_[which];
    switch (which) {
        case serial::data: return 0;
        case serial::interrupt_identification: return serial::no_interrupt;
        case serial::line_status: return serial::transmitter_takes | serial::transmitter_is_idle;
        case serial::modem_status: return serial::connected;
        default: return serial_[which];
    }
}

void guest_devices::write_serial(std::uint16_t which, std::uint8_t value) {
    if (which < divisor_.size() && (serial_[serial::line_control] & serial::divisor_latch_open) != 0)
        divisor_[which] = value;
    else if (which == serial::data)
        say(value);
    else
        serial_[which] = value;
}

void guest_devices::say(std::uint8_t letter) {
    std::fputc(letter, text_);
    // What was said is there even if the guest then hangs.
    if (letter == '\n') std::fflush(text_);
}

}  // namespace tool
