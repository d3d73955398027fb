// What a kernel does about registers at a switch, and on the way to ring 3, by each strategy: with the library's own
// code, on this CPU. Freestanding.
#pragma once

#include <optional>

#include "lab/ring0/tap.hpp"
#include "lab/switching/user_registers.hpp"
#include "msr/context/switch_plan/carry_out.hpp"
#include "msr/context/switch_plan/strategy.hpp"
#include "msr/context/switch_plan/user_return.hpp"

namespace msr::switching {

/// This CPU's registers, with every write counted. One register can be left out, for the checks to notice.
class counted_writes {
  public:
    counted_writes(const profile::profile& cpu, std::optional<std::uint32_t> left_out)
        : cpu_{cpu}, left_out_{left_out} {}

    result<std::uint64_t> read(std::uint32_t index) { return cpu_.read(index); }
    result<void> write(std::uint32_t index, std::uint64_t value) {
        ++count_;
        return index == left_out_ ? result<void>{} : cpu_.write(index, value);
    }
    result<void> write_non_serialising(std::uint32_t index, std::uint64_t value) {
        ++count_;
        return index == left_out_ ? result<void>{} : cpu_.write_non_serialising(index, value);
    }

    [[nodiscard]] std::uint64_t count() const { return count_; }
    void forget() { count_ = 0; }

  private:
    context::native_switch_bus cpu_;
    std::optional<std::uint32_t> left_out_;
    std::uint64_t count_ = 0;
};

/// What the way to ring 3 looks at.
inline constinit bool return_is_armed = false;
struct arms_return {
    void operator()() const { return_is_armed = true; }
};

class register_switcher {
  public:
    register_switcher(context::switch_strategy how, const user_registers& registers, counted_writes& to)
        : how_{how}, registers_{registers}, to_{to}, waiting_{registers.addresses()} {
        waiting_.probe(to);
        to.forget();
    }

    void switch_to(view<profile::known_register> next) {
        if (how_ == context::switch_strategy::all) {
            for (const auto& one : next)
                must(to_.write(one.address, one.value));
            return;
        }
        const auto plan = make_register_plan({previous_}, {next}, registers_.rules(), storage_);
        if (!plan)
            ring0::bail_out("no plan: ", to_string(plan.error().why), ", register ", ring0::hex{plan.error().address});
        must(carry_out(to_, plan->now));
        if (how_ == context::switch_strategy::diff) must(carry_out(to_, plan->late));
        if (how_ == context::switch_strategy::deferred) {
            for (const auto& one : plan->late)
                waiting_.set_for_user(registers_.place_of(one.address), one.value);
        }
        previous_ = next;
    }

    void return_to_ring_3() {
        if (!return_is_armed) return;
        return_is_armed = false;
        must(waiting_.return_to_user(to_));
    }

  private:
    static void must(const result<void>& written) {
        if (!written) ring0::bail_out("a write of register ", ring0::hex{written.error().index}, " is refused");
    }

    context::switch_strategy how_;
    const user_registers& registers_;
    counted_writes& to_;
    view<profile::known_register> previous_;  // the last task's
    context::user_return_registers<most_user_registers, arms_return> waiting_;
    context::planned_write storage_[most_user_registers];
};

}  // namespace msr::switching
