// All the machine that a guest gets: a serial port for text, and ports that end it.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include <linux/kvm.h>

namespace tool {

class guest_devices {
  public:
    /// `text` gets what the guest says, on the serial port and on port E9H.
    explicit guest_devices(std::FILE* text) : text_{text} {}

    enum class answer : std::uint8_t { done, ended, unknown };

    /// A KVM_EXIT_IO. Unknown: there is no such device.
    [[nodiscard]] answer handle(kvm_run& state);

    /// What the guest ended itself with; nothing where it was the shutdown port.
    [[nodiscard]] std::optional<std::uint32_t> exit_value() const { return exit_value_; }

  private:
    [[nodiscard]] std::uint8_t read_serial(std::uint16_t which) const;
    void write_serial(std::uint16_t which, std::uint8_t value);
    void say(std::uint8_t letter);

    std::FILE* text_;
    std::array<std::uint8_t, 8> serial_{};   // what was written last
    std::array<std::uint8_t, 2> divisor_{};  // of the serial port's rate
    std::size_t shutdown_matched_ = 0;       // letters of the shutdown port's word so far
    std::optional<std::uint32_t> exit_value_;
};

}  // namespace tool
