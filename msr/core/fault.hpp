// What can go wrong with one access, as a value. Freestanding.
#pragma once

#include <cstdint>
#include <expected>

#include "msr/core/view.hpp"

namespace msr {

enum class direction : std::uint8_t { read, write };

enum class cause : std::uint8_t {
    refused,        // the CPU answered #GP(0): no such register, a reserved bit, an illegal value, a lock
    not_recorded,   // the source (a snapshot, a guest's register list) does not hold this register
    not_permitted,  // the operating system forbids the access
    cpu_offline,
    no_such_member,  // a number beyond the family's last register
    device_failed,   // the operating system's interface failed for another reason
};

/// Which access failed, on which CPU, and why. Small and trivially copyable, so that it travels in registers.
struct fault {
    std::uint32_t index = 0;  // the register's address, as in ECX
    std::uint32_t cpu = 0;    // the operating system's number; 0 in ring 0, where the caller knows
    msr::direction direction = msr::direction::read;
    msr::cause cause = msr::cause::refused;

    friend constexpr bool operator==(const fault&, const fault&) = default;
};

template <class T>
using result = std::expected<T, fault>;

[[nodiscard]] constexpr text to_string(cause why) {
    switch (why) {
        case cause::refused: return "refused by the CPU";
        case cause::not_recorded: return "not recorded";
        case cause::not_permitted: return "not permitted";
        case cause::cpu_offline: return "the CPU is offline";
        case cause::no_such_member: return "no such member of the family";
        case cause::device_failed: return "the device failed";
    }
    return "unknown";
}

}  // namespace msr
