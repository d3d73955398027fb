// The registers that user mode alone needs, as the library knows them of this CPU, and what three tasks have in them.
// Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lab/switching/sequence.hpp"
#include "msr/context/switch_plan/rules.hpp"
#include "msr/profile/profile.hpp"

namespace msr::switching {

inline constexpr std::size_t most_user_registers = 32;

class user_registers {
  public:
    /// Those that the catalogue says can wait, that XSAVES does not switch, and that this CPU reads and writes. False
    /// if there are none, or no rules for them.
    [[nodiscard]] bool find(const profile::profile& cpu);

    /// They ascend.
    [[nodiscard]] view<std::uint32_t> addresses() const { return {addresses_, count_}; }
    [[nodiscard]] const context::switch_rules& rules() const { return rules_; }
    /// Of an address in the list.
    [[nodiscard]] std::size_t place_of(std::uint32_t address) const;

    /// What a task has: some values are another's too.
    [[nodiscard]] view<profile::known_register> values(unsigned task) const { return {values_[task], count_}; }
    [[nodiscard]] std::uint64_t value(unsigned task, std::uint32_t address) const {
        return values_[task][place_of(address)].value;
    }

    /// What the registers held first.
    void restore() const;

  private:
    void choose_values();

    std::size_t count_ = 0;
    std::uint32_t addresses_[most_user_registers]{};
    std::uint64_t held_[most_user_registers]{};
    profile::known_register values_[planned_tasks][most_user_registers]{};
    context::switch_rule rows_[most_user_registers]{};
    context::switch_rules rules_;
};

}  // namespace msr::switching
