// In which order saved values are written back. Freestanding.
#pragma once

#include <cstdint>

#include "msr/catalogue/model.hpp"

namespace msr::catalogue {

/// The longest way of `restore_after` that leads to the register: written back by ascending rank, each comes after all
/// that it needs.
[[nodiscard]] constexpr unsigned restore_rank(const tables& facts, const register_entry& entry) {
    unsigned rank = 0;
    for (const auto& name : entry.restore_after) {
        for (const auto& before : facts.registers) {
            if (before.name != name) continue;
            const auto next = 1 + restore_rank(facts, before);
            rank = next > rank ? next : rank;
        }
    }
    return rank;
}

/// The same of an address: on any CPU.
[[nodiscard]] constexpr unsigned restore_rank(const tables& facts, std::uint32_t address) {
    unsigned rank = 0;
    for (const auto& entry : facts.registers) {
        if (entry.restore_after.empty()) continue;
        for (std::uint32_t member = 0; member < entry.members; ++member) {
            if (entry.address + entry.stride * member != address) continue;
            const auto of_entry = restore_rank(facts, entry);
            rank = of_entry > rank ? of_entry : rank;
        }
    }
    return rank;
}

}  // namespace msr::catalogue
