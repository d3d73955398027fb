// A named rule: what an access does beyond what facts of single fields say. Rules are written in msr/rules/; this is
// what they are given and what they answer. Freestanding.
#pragma once

#include <cstdint>
#include <optional>

#include "msr/core/fault.hpp"
#include "msr/profile/processor_state.hpp"
#include "msr/profile/profile.hpp"

namespace msr::profile {

/// Why a rule refuses an access.
struct refusal {
    text why;                // as "LME cannot change while paging is on"
    std::uint64_t bits = 0;  // those that are refused
};

/// The rest of the CPU, as an access sees it: a guest's registers, or those of a machine that were read.
struct surroundings {
    const profile& cpu;
    processor_state state;
    void* owner = nullptr;
    /// A register's value; nothing where it is not known.
    std::optional<std::uint64_t> (*value)(void* owner, std::uint32_t address) = nullptr;
    /// Changes a register as a consequence of the access; null where that is the hardware's own business.
    void (*set)(void* owner, std::uint32_t address, std::uint64_t value) = nullptr;

    /// Where a register's value is and stays; null where there is no such place to read and write. Optional.
    std::uint64_t* (*place)(void* owner, std::uint32_t address) = nullptr;

    struct seen_place {
        std::uint32_t address = ~std::uint32_t{0};
        std::uint64_t* at = nullptr;
    };
    /// Places that were asked for, by the low bits of the address: rules ask for the same few at every access.
    mutable seen_place seen[16]{};

    /// What the last rule said that refused.
    refusal refused;

    [[nodiscard]] std::optional<std::uint64_t> value_of(std::uint32_t address) const {
        if (value != nullptr) {
            if (const auto held = value(owner, address)) return held;
        }
        return cpu.register_value(address);
    }
    /// A register's value by its type; nothing where it is not known.
    template <class Register>
    [[nodiscard]] std::optional<Register> get() const {
        if (const auto recent = recall<Register>()) return recent;
        const auto held = look_up(Register::address);
        return held ? std::optional{Register::from_raw(*held)} : std::nullopt;
    }
    /// The same, for who can name a value to take instead.
    template <class Register>
    [[nodiscard]] Register get_or(Register otherwise) const {
        return get<Register>().value_or(otherwise);
    }
    /// The same as get(), but nothing either where a rule has not asked for it lately: looks no further.
    template <class Register>
    [[nodiscard]] std::optional<Register> recall() const {
        if (const auto* const at = seen_at(Register::address)) return Register::from_raw(*at);
        return std::nullopt;
    }
    template <class Register>
    void put(Register to) const {
        if (auto* const at = seen_at(Register::address)) {
            *at = to.raw();
        } else if (set != nullptr) {
            set(owner, Register::address, to.raw());
        }
    }

  private:
    [[nodiscard]] seen_place& place_for(std::uint32_t address) const {
        return seen[address % (sizeof seen / sizeof *seen)];
    }
    [[nodiscard]] std::uint64_t* seen_at(std::uint32_t address) const {
        const auto& one = place_for(address);
        return one.address == address ? one.at : nullptr;
    }
    [[nodiscard, gnu::noinline]] std::optional<std::uint64_t> look_up(std::uint32_t address) const {
        if (place != nullptr) {
            if (auto* const at = place(owner, address)) {
                place_for(address) = {address, at};
                return *at;
            }
        }
        return value_of(address);
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

    /// What a rule answers that has an objection: false.
    [[nodiscard]] bool refuse(text why, std::uint64_t bits) {
        around.refused = {why, bits};
        return false;
    }
};

/// Whether the access is let through.
using rule_function = bool (*)(attempt&);

struct named_rule {
    text name;
    rule_function apply;
};

}  // namespace msr::profile
