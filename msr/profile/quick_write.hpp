// The short way of a write: masks first, and where they do not say it all a list of legal values and a rule. Where it
// can be taken it ends as try_write does, but tells no reasons. Freestanding.
#pragma once

#include <cstdint>

#include "msr/profile/behaviour.hpp"

namespace msr::profile {

class quick_write {
  public:
    quick_write() = default;
    explicit quick_write(const behaviour& of);

    /// False where the behaviour needs the long way.
    [[nodiscard]] bool is_usable() const { return usable_; }

    /// The write of a value, as WRMSR has it, to a register at an address that holds `held`: false if it faults.
    [[nodiscard, gnu::always_inline]] bool run(std::uint64_t& held, std::uint64_t value, std::uint32_t address,
                                               surroundings& around) const {
        if (((value & must_be_zero_) | ((value + sign_) & beyond_)) != 0) return false;
        if (more_ != more::nothing) {
            return more_ == more::rule ? run_rule(held, value, address, around) : run_all(held, value, address, around);
        }
        held = combine(held, value);
        return true;
    }

  private:
    enum class more : std::uint8_t { nothing, rule, all };

    [[nodiscard]] std::uint64_t combine(std::uint64_t old, std::uint64_t value) const {
        return (value & stored_) | (old & kept_);
    }
    [[nodiscard, gnu::always_inline]] bool run_rule(std::uint64_t& held, std::uint64_t value, std::uint32_t address,
                                                    surroundings& around) const {
        attempt asked{.around = around,
                      .address = address,
                      .old = held,
                      .value = combine(held, value),
                      .written = value,
                      .writable = stored_};
        if (!rule_(asked)) return false;
        held = asked.value;
        return true;
    }
    [[nodiscard]] bool run_all(std::uint64_t& held, std::uint64_t value, std::uint32_t address,
                               surroundings& around) const;

    std::uint64_t must_be_zero_ = 0;
    // Of a linear address's width, the highest bit alone: added to an address that is canonical, it carries out of all
    // the bits beyond the width or into none of them. Both are zero where the register holds no address.
    std::uint64_t sign_ = 0;
    std::uint64_t beyond_ = 0;
    std::uint64_t stored_ = 0;
    std::uint64_t kept_ = 0;
    bool usable_ = false;
    more more_ = more::nothing;
    std::uint64_t must_match_ = 0;
    view<check> lists_;  // fields with a list of legal values
    rule_function rule_ = nullptr;
};

}  // namespace msr::profile
