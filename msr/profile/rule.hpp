// A named rule: what an access does beyond what facts of single fields say. Rules are written in msr/rules/; this is
// what they are given and what they answer. Freestanding.
#pragma once

#include <cstdint>
#include <optional>

#include "msr/core/fault.hpp"
#include "msr/profile/processor_state.hpp"
#include "msr/profile/profile.hpp"

namespace msr::profile {

/// The rest of the CPU, as an access sees it: a guest's registers, or those of a machine that were read.
struct surroundings {
    const profile& cpu;
    processor_state state;
    void* owner = nullptr;
    /// A register's value; nothing where it is not known.
    std::optional<std::uint64_t> (*value)(void* owner, std::uint32_t address) = nullptr;
    /// Changes a register as a consequence of the access; null where that is the hardware's own business.
    void (*set)(void* owner, std::uint32_t address, std::uint64_t value) = nullptr;

    [[nodiscard]] std::optional<std::uint64_t> value_of(std::uint32_t address) const {
        if (value != nullptr) {
            if (const auto held = value(owner, address)) return held;
        }
        return cpu.register_value(address);
    }
    /// A register's value by its type; nothing where it is not known.
    template <class Register>
    [[nodiscard]] std::optional<Register> get() const {
        const auto held = value_of(Register::address);
        return held ? std::optional{Register::from_raw(*held)} : std::nullopt;
    }
    template <class Register>
    void put(Register to) const {
        if (set != nullptr) set(owner, Register::address, to.raw());
    }
};

/// One access that facts of single fields let through.
struct attempt {
    surroundings& around;
    std::uint32_t address = 0;
    direction way = direction::write;
    bool by_host = false;        // a hypervisor restores or inspects a guest's register
    std::uint64_t old = 0;       // what the register holds
    std::uint64_t value = 0;     // write: what would be stored; read: what would be answered. A rule may change it.
    std::uint64_t written = 0;   // write: as the program gave it
    std::uint64_t writable = 0;  // bits that a write can change
};

/// A rule's answer; without words it has no objection.
struct refusal {
    text why;                // as "LME cannot change while paging is on"
    std::uint64_t bits = 0;  // those that are refused
};

using rule_function = refusal (*)(attempt&);

struct named_rule {
    text name;
    rule_function apply;
};

}  // namespace msr::profile
