// A condition as terms over the states of a guest: what is known beforehand is worked out once, and whether it holds is
// then a few masks. Freestanding.
#pragma once

#include <cstdint>
#include <optional>

#include "msr/catalogue/evaluate.hpp"

namespace msr::catalogue {

/// Holds while all states of one set are there and none of another.
struct term {
    std::uint64_t need = 0;
    std::uint64_t forbid = 0;

    [[nodiscard]] constexpr bool holds(std::uint64_t states) const {
        return (states & need) == need && (states & forbid) == 0;
    }
    [[nodiscard]] constexpr bool always() const { return (need | forbid) == 0; }

    friend constexpr bool operator==(const term&, const term&) = default;
};

/// The states that a condition mentions.
[[nodiscard]] constexpr std::uint64_t states_in(expression condition) {
    std::uint64_t result = 0;
    for (const auto& step : condition) {
        if (step.code == operation::state) result |= std::uint64_t{1} << step.operand;
    }
    return result;
}

namespace detail {

template <class Inputs>
struct with_states {
    const Inputs& inputs;
    term known;

    [[nodiscard]] constexpr const auto& cpu(subject whose) const { return inputs.cpu(whose); }
    [[nodiscard]] constexpr std::optional<bool> setting(std::uint32_t index) const { return inputs.setting(index); }
    [[nodiscard]] constexpr std::optional<bool> state(std::uint32_t index) const {
        if ((known.need >> index & 1U) != 0) return true;
        if ((known.forbid >> index & 1U) != 0) return false;
        return std::nullopt;
    }
};

}  // namespace detail

/// Calls found(term) for terms of which exactly one holds when the condition does. Where it hangs on a register that is
/// not known, it does not hold: a register is passed only for a reason. `inputs` has cpu(subject) and setting(index).
template <class Inputs, class Found>
constexpr void each_term(expression condition, const Inputs& inputs, Found&& found, term known = {}) {
    const auto truth = test(condition, detail::with_states<Inputs>{inputs, known});
    if (truth == holds::no) return;
    if (truth == holds::yes) {
        found(known);
        return;
    }
    const auto open = states_in(condition) & ~(known.need | known.forbid);
    if (open == 0) return;
    const auto next = open & (~open + 1);
    each_term(condition, inputs, found, {known.need | next, known.forbid});
    each_term(condition, inputs, found, {known.need, known.forbid | next});
}

}  // namespace msr::catalogue
