// The one evaluator of conditions and value formulas, built-in or from an overlay. Freestanding for integers.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

#include "msr/catalogue/model.hpp"

namespace msr::catalogue {

/// Deepest stack that an expression may need; the loader refuses deeper ones.
inline constexpr std::size_t expression_depth = 32;

/// A value that may be unknown, because the register that holds it could not be read.
template <class Number>
struct maybe {
    Number value{};
    bool known = false;
};

namespace detail {

/// The largest exponent of a double; no formula has a larger one, and the loop below ends.
inline constexpr int largest_exponent = 1023;

/// Integers wrap around as registers do: whatever numbers an expression has, none may trap.
template <class Number, class Operation>
constexpr Number wrapping(Number left, Number right, Operation apply) {
    if constexpr (std::is_integral_v<Number>) {
        return static_cast<Number>(apply(static_cast<std::uint64_t>(left), static_cast<std::uint64_t>(right)));
    } else {
        return apply(left, right);
    }
}

template <class Number>
constexpr Number add(Number left, Number right) {
    return wrapping(left, right, [](auto one, auto other) { return one + other; });
}

template <class Number>
constexpr Number subtract(Number left, Number right) {
    return wrapping(left, right, [](auto one, auto other) { return one - other; });
}

template <class Number>
constexpr Number multiply(Number left, Number right) {
    return wrapping(left, right, [](auto one, auto other) { return one * other; });
}

template <class Number>
constexpr maybe<Number> divide(Number left, Number right) {
    if (right == 0) return {};
    // The lowest integer divided by -1 does not fit.
    if (right == -1) return {subtract(Number{0}, left), true};
    return {left / right, true};
}

template <class Number>
constexpr maybe<Number> raise(Number base, Number exponent) {
    const bool inverse = exponent < 0;
    const auto steps = inverse ? subtract(Number{0}, exponent) : exponent;
    if (steps < 0 || steps > largest_exponent) return {};
    Number power{1};
    for (Number step{1}; step <= steps; step += Number{1})
        power = multiply(power, base);
    return inverse ? divide(Number{1}, power) : maybe<Number>{power, true};
}

template <class Number>
constexpr maybe<Number> combine(operation code, maybe<Number> left, maybe<Number> right) {
    const auto truth = [](bool holds) { return maybe<Number>{holds ? Number{1} : Number{0}, true}; };
    // Kleene's logic: one operand can decide although the other is unknown.
    if (code == operation::logical_and) {
        if ((left.known && left.value == 0) || (right.known && right.value == 0)) return truth(false);
    } else if (code == operation::logical_or) {
        if ((left.known && left.value != 0) || (right.known && right.value != 0)) return truth(true);
    }
    if (!left.known || !right.known) return {};
    switch (code) {
        case operation::logical_and: return truth(true);
        case operation::logical_or: return truth(false);
        case operation::equal: return truth(left.value == right.value);
        case operation::not_equal: return truth(left.value != right.value);
        case operation::less: return truth(left.value < right.value);
        case operation::less_equal: return truth(left.value <= right.value);
        case operation::greater: return truth(left.value > right.value);
        case operation::greater_equal: return truth(left.value >= right.value);
        case operation::add: return {detail::add(left.value, right.value), true};
        case operation::subtract: return {detail::subtract(left.value, right.value), true};
        case operation::multiply: return {detail::multiply(left.value, right.value), true};
        case operation::divide: return detail::divide(left.value, right.value);
        case operation::power: return raise(left.value, right.value);
        default: return {};
    }
}

/// What an intercept policy's conditions are asked of: two CPUs, and inputs that are no facts of a CPU.
template <class Context>
concept has_inputs = requires(const Context& context) {
    context.cpu(subject::host);
    context.setting(0U);
    context.state(0U);
};

template <class Number, class Context>
constexpr maybe<Number> operand(const instruction& step, const Context& context) {
    const auto index = static_cast<std::uint32_t>(step.operand);
    const auto known = [](auto value) { return maybe<Number>{static_cast<Number>(value), true}; };
    if constexpr (has_inputs<Context>) {
        const auto input = [&](std::optional<bool> on) { return on ? known(*on ? 1 : 0) : maybe<Number>{}; };
        if (step.code == operation::setting) return input(context.setting(index));
        if (step.code == operation::state) return input(context.state(index));
        return operand<Number>(step, context.cpu(step.whose));
    } else {
        switch (step.code) {
            case operation::number: return known(step.operand);
            case operation::feature: return known(context.feature(index) ? 1 : 0);
            case operation::vendor: return known(context.vendor(index) ? 1 : 0);
            case operation::processors: return known(context.processors(index) ? 1 : 0);
            case operation::quantity: return known(context.quantity(index));
            case operation::family: return known(context.family());
            case operation::model: return known(context.model());
            case operation::stepping: return known(context.stepping());
            case operation::self_bits: return known(context.self_bits(step.msb, step.lsb));
            case operation::register_bits: {
                const std::optional<std::uint64_t> bits = context.register_bits(index, step.msb, step.lsb);
                return bits ? known(*bits) : maybe<Number>{};
            }
            default: return {};
        }
    }
}

}  // namespace detail

/// The value of a program that the loader has accepted. Unknown if it hangs on a register that `context` does not
/// know. `context` answers feature, vendor, processors, quantity (by index), family, model, stepping, self_bits(msb,
/// lsb) and register_bits(address, msb, lsb) -> optional; or cpu(subject), which answers these, and setting and state
/// (by index) -> bool or optional.
template <class Number, class Context>
[[nodiscard]] constexpr maybe<Number> evaluate(expression program, const Context& context) {
    maybe<Number> stack[expression_depth];
    std::size_t top = 0;
    for (const auto& step : program) {
        if (step.code < operation::logical_and) {
            stack[top++] = detail::operand<Number>(step, context);
        } else if (step.code == operation::logical_not) {
            auto& value = stack[top - 1];
            if (value.known) value.value = value.value == 0 ? Number{1} : Number{0};
        } else {
            --top;
            stack[top - 1] = detail::combine(step.code, stack[top - 1], stack[top]);
        }
    }
    return top == 0 ? maybe<Number>{} : stack[0];
}

enum class holds : std::uint8_t { no, yes, unknown };

/// Whether a condition holds; an empty one always does.
template <class Context>
[[nodiscard]] constexpr holds test(expression condition, const Context& context) {
    if (condition.empty()) return holds::yes;
    const auto value = evaluate<std::int64_t>(condition, context);
    if (!value.known) return holds::unknown;
    return value.value != 0 ? holds::yes : holds::no;
}

}  // namespace msr::catalogue
