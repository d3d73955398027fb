// What a field holds, as a value of exactly the field's width: nothing is ever cut off silently. Freestanding.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace msr {

[[nodiscard]] constexpr std::uint64_t low_ones(unsigned width) {
    return width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

namespace detail {

// Not constexpr and never defined: a constant that is out of range stops the compiler here, and it prints the name.
void this_constant_does_not_fit();

template <unsigned Width>
using number = std::conditional_t<(Width > 32), std::uint64_t, std::uint32_t>;

}  // namespace detail

/// The contents of a field of `Width` bits. `Value` is what they stand for: an unsigned number, a signed one (two's
/// complement) or an enumeration; an enumeration's value that has no name survives. With a `Shift` the field holds a
/// value's bits from `Shift` up, as for addresses: the value is the whole address and its low bits are zero.
///
/// Constants convert at compile time, or do not compile; variables of a type that cannot be too wide convert as they
/// are; others go through `checked` or `truncated`.
template <unsigned Width, unsigned Shift = 0, class Value = detail::number<Width + Shift>>
class bits {
    static_assert(Width >= 1 && Width + Shift <= 64);
    static constexpr bool is_number = std::integral<Value>;
    static constexpr bool is_signed = std::is_signed_v<Value>;

    template <class T>
    static constexpr bool always_fits =
        is_number && !std::same_as<T, bool> && Shift == 0 && std::is_signed_v<T> == is_signed && 8 * sizeof(T) <= Width;

  public:
    using value_type = Value;
    /// Wide enough for any argument of `checked`.
    using wide = std::conditional_t<is_number, std::conditional_t<is_signed, std::int64_t, std::uint64_t>, Value>;

    constexpr bits() = default;

    template <std::integral T>
        requires always_fits<T>
    constexpr bits(T value) : raw_{encode(static_cast<wide>(value))} {}

    template <std::integral T>
        requires(is_number && !always_fits<T> && !std::same_as<T, bool>)
    consteval bits(T constant) : raw_{encode(static_cast<wide>(constant))} {
        const bool sign_kept = is_signed || constant >= T{0};
        if (!sign_kept || !fits(static_cast<wide>(constant))) detail::this_constant_does_not_fit();
    }

    constexpr bits(Value value)
        requires(!is_number && Shift == 0 && 8 * sizeof(Value) <= Width)
        : raw_{encode(value)} {}

    consteval bits(Value constant)
        requires(!is_number && !(Shift == 0 && 8 * sizeof(Value) <= Width))
        : raw_{encode(constant)} {
        if (!fits(constant)) detail::this_constant_does_not_fit();
    }

    /// Of a narrower field that holds the same kind of value.
    template <unsigned Narrower, class Other>
        requires(Narrower < Width && !is_signed &&
                 (std::same_as<Other, Value> || (is_number && std::unsigned_integral<Other>)))
    constexpr bits(bits<Narrower, Shift, Other> other) : raw_{other.raw()} {}

    /// The field that holds `value`; nothing if it does not fit, or has low bits that the field does not hold.
    [[nodiscard]] static constexpr std::optional<bits> checked(wide value) {
        if (!fits(value)) return std::nullopt;
        return truncated(value);
    }

    /// What the field can hold of `value`: bits outside it are dropped.
    [[nodiscard]] static constexpr bits truncated(wide value) { return from_raw(encode(value)); }

    /// From the field's bits, right-aligned, as they stand in the register; higher bits are dropped.
    [[nodiscard]] static constexpr bits from_raw(std::uint64_t raw) {
        bits result;
        result.raw_ = raw & low_ones(Width);
        return result;
    }

    /// The field's bits, right-aligned, as they stand in the register.
    [[nodiscard]] constexpr std::uint64_t raw() const { return raw_; }

    [[nodiscard]] constexpr Value value() const { return static_cast<Value>(decode(raw_)); }
    constexpr operator Value() const { return value(); }

  private:
    static constexpr std::uint64_t encode(wide value) {
        return (static_cast<std::uint64_t>(value) >> Shift) & low_ones(Width);
    }
    static constexpr std::uint64_t decode(std::uint64_t raw) {
        const bool negative = is_signed && (raw >> (Width - 1)) != 0;
        return (negative ? raw | ~low_ones(Width) : raw) << Shift;
    }
    static constexpr bool fits(wide value) { return decode(encode(value)) == static_cast<std::uint64_t>(value); }

    std::uint64_t raw_ = 0;
};

/// A number from `First` to `Last`: of an array's element. Constants are checked at compile time.
template <unsigned First, unsigned Last>
class number_in {
  public:
    template <std::integral T>
    consteval number_in(T constant) : value_{static_cast<unsigned>(constant)} {
        if (constant < T{0} || static_cast<std::uint64_t>(constant) < First ||
            static_cast<std::uint64_t>(constant) > Last)
            detail::this_constant_does_not_fit();
    }

    [[nodiscard]] static constexpr std::optional<number_in> checked(std::uint64_t number) {
        if (number < First || number > Last) return std::nullopt;
        number_in result{First};
        result.value_ = static_cast<unsigned>(number);
        return result;
    }

    [[nodiscard]] constexpr unsigned value() const { return value_; }

  private:
    unsigned value_;
};

}  // namespace msr
