// What the generated types are made of: a register's value, and the fields in it. Freestanding; names no register.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

#include "msr/core/bits.hpp"
#include "msr/core/view.hpp"

namespace msr {

/// Where a field stands, and what it holds: bool, bits<…> or a layout's type.
template <unsigned Msb, unsigned Lsb, class Value>
struct field {
    static_assert(Lsb <= Msb && Msb < 64);
    using value_type = Value;
    static constexpr unsigned msb = Msb;
    static constexpr unsigned lsb = Lsb;
    static constexpr unsigned width = Msb - Lsb + 1;
    static constexpr std::uint64_t mask = low_ones(width) << Lsb;

    /// Contents for the setter from a variable that might not fit: nothing if it does not, or without what does not.
    template <class V = Value>
    [[nodiscard]] static constexpr std::optional<V> checked(typename V::wide value) {
        return V::checked(value);
    }
    template <class V = Value>
    [[nodiscard]] static constexpr V truncated(typename V::wide value) {
        return V::truncated(value);
    }
};

/// Equal fields at equal distances, numbered from `First` to `Last`; `Element` is the first one.
template <unsigned First, unsigned Last, unsigned Step, class Element>
struct field_array {
    using value_type = typename Element::value_type;
    using number = number_in<First, Last>;
    using element = Element;
    [[nodiscard]] static constexpr unsigned offset(number of) { return (of.value() - First) * Step; }
};

/// The value of a register, or of a layout's stretch of one. A value: it never touches hardware.
template <class Self, unsigned Width = 64>
class word {
  public:
    constexpr word() = default;
    explicit constexpr word(bits<Width> raw) : raw_{raw.raw()} {}

    [[nodiscard]] static constexpr Self from_raw(std::uint64_t raw) { return Self{bits<Width>::from_raw(raw)}; }
    [[nodiscard]] constexpr std::uint64_t raw() const { return raw_; }

    /// A field of `Self::fields`. Its accessor of the same name is the ordinary way.
    template <class Field>
    [[nodiscard]] constexpr typename Field::value_type get() const {
        return unpack<Field>(raw_);
    }

    /// This value with another content of one field, read-only fields included: for who plays the hardware, as a
    /// hypervisor does for its guest, or a test. The accessors refuse read-only fields.
    template <class Field>
    [[nodiscard]] constexpr Self with(typename Field::value_type value) const {
        if constexpr (std::same_as<typename Field::value_type, bool>)
            return from_raw(value ? raw_ | Field::mask : raw_ & ~Field::mask);  // one instruction for a constant
        else
            return from_raw((raw_ & ~Field::mask) | pack<Field>(value));
    }

    template <class Array>
    [[nodiscard]] constexpr typename Array::value_type get(typename Array::number of) const {
        return unpack<typename Array::element>(raw_ >> Array::offset(of));
    }

    template <class Array>
    [[nodiscard]] constexpr Self with(typename Array::number of, typename Array::value_type value) const {
        using element = typename Array::element;
        return from_raw((raw_ & ~(element::mask << Array::offset(of))) | pack<element>(value) << Array::offset(of));
    }

    friend constexpr bool operator==(const word&, const word&) = default;

    // Fields that writing a one, or a zero, clears: what `update` must not write back as it was read. Registers that
    // have such fields hide these with their own.
    static constexpr std::uint64_t cleared_by_one = 0;
    static constexpr std::uint64_t cleared_by_zero = 0;

  private:
    template <class Field>
    static constexpr typename Field::value_type unpack(std::uint64_t raw) {
        const auto content = (raw & Field::mask) >> Field::lsb;
        if constexpr (std::same_as<typename Field::value_type, bool>)
            return content != 0;
        else
            return Field::value_type::from_raw(content);
    }

    template <class Field>
    static constexpr std::uint64_t pack(typename Field::value_type value) {
        if constexpr (std::same_as<typename Field::value_type, bool>)
            return std::uint64_t{value} << Field::lsb;
        else
            return value.raw() << Field::lsb;
    }

    std::uint64_t raw_ = 0;
};

/// False, but only once a template is used: what a refusal that names its field hangs on.
template <class>
inline constexpr bool never = false;

template <class R>
concept register_type = std::derived_from<R, word<R>> && requires {
    { R::name } -> std::convertible_to<text>;
    { R::address } -> std::convertible_to<std::uint32_t>;
    { R::readable } -> std::convertible_to<bool>;
    { R::writable } -> std::convertible_to<bool>;
};

/// Registers of one form at equal distances: `members` of them at most, numbered from `first`, the first at `address`
/// and every `stride` addresses another.
template <class R>
concept register_family = register_type<R> && requires {
    R::stride;
    R::members;
    R::first;
};

template <class R>
concept single_register = register_type<R> && !register_family<R>;

template <class R>
concept readable_register = register_type<R> && R::readable;

template <class R>
concept writable_register = register_type<R> && R::writable;

}  // namespace msr
