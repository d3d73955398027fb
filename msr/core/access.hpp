// Typed access to registers over any bus. Reading gives a value, editing is pure, writing is once. Freestanding.
//
// Every function returns a fault as a value: which register, which direction, why. None retries, allocates or throws.
#pragma once

#include <concepts>
#include <cstdint>
#include <expected>
#include <type_traits>
#include <utility>

#include "msr/core/bus.hpp"
#include "msr/core/register.hpp"

namespace msr {

/// RDMSR of an address that no type stands for. The caller sees to it that reading has no side effect that matters,
/// and gives the bits their meaning.
template <readable_bus B>
[[nodiscard]] constexpr result<std::uint64_t> raw_read(B&& bus, std::uint32_t index) {
    return bus.read(index);
}

/// WRMSR of a value that no type stands for. The caller answers for every bit: reserved ones (SDM volume 4, 2.1: write
/// back what was read, unless the manual says zero), read-only ones, locks, and what the write sets off.
template <bus B>
[[nodiscard]] constexpr result<void> raw_write(B&& bus, std::uint32_t index, std::uint64_t value) {
    return bus.write(index, value);
}

/// The address of a family's member; cause::no_such_member, with the first's, beyond the last. A CPU may have
/// fewer than the family allows, and refuses the others itself.
template <register_family R>
[[nodiscard]] constexpr result<std::uint32_t> member_address(std::uint32_t number, direction access = direction::read) {
    if (number < R::first || number - R::first >= R::members)
        return std::unexpected{fault{.index = R::address, .direction = access, .cause = cause::no_such_member}};
    return R::address + ((number - R::first) * R::stride);
}

namespace detail {

template <class R>
consteval void require_readable() {
    if constexpr (!R::readable) R::template refuse_read<R>();
}

template <class R>
consteval void require_writable() {
    if constexpr (!R::writable) R::template refuse_write<R>();
}

template <class R, class B>
constexpr result<R> read_at(B& bus, std::uint32_t index) {
    require_readable<R>();
    const auto raw = bus.read(index);
    if (!raw) return std::unexpected{raw.error()};
    return R{*raw};
}

// What an edit starts from: as read, but for the fields that writing back would clear.
template <class R>
constexpr R quiet(R value) {
    return R{(value.raw() & ~R::cleared_by_one) | R::cleared_by_zero};
}

template <class R, class Edit>
consteval void require_editable() {
    require_readable<R>();
    require_writable<R>();
    if constexpr (R::readable && R::writable)
        static_assert(std::same_as<std::invoke_result_t<Edit, R>, R>,
                      "an edit takes the register's value and returns the new one");
}

template <class R, class B, class Edit>
constexpr result<void> update_at(B& bus, std::uint32_t index, Edit&& edit) {
    require_editable<R, Edit>();
    const auto before = bus.read(index);
    if (!before) return std::unexpected{before.error()};
    return bus.write(index, std::forward<Edit>(edit)(quiet(R{*before})).raw());
}

template <class R, class B, class Edit>
constexpr result<void> ensure_at(B& bus, std::uint32_t index, Edit&& edit) {
    require_editable<R, Edit>();
    const auto before = bus.read(index);
    if (!before) return std::unexpected{before.error()};
    const R start = quiet(R{*before});
    const R after = std::forward<Edit>(edit)(start);
    if (after != start) return bus.write(index, after.raw());
    return {};
}

}  // namespace detail

/// One RDMSR. Does not compile for a write-only register.
template <single_register R, readable_bus B>
[[nodiscard]] constexpr result<R> read(B&& bus) {
    return detail::read_at<R>(bus, R::address);
}

/// One RDMSR of a family's member; cause::no_such_member, without an access, beyond the last.
template <register_family R, readable_bus B>
[[nodiscard]] constexpr result<R> read(B&& bus, std::uint32_t number) {
    const auto index = member_address<R>(number);
    if (!index) return std::unexpected{index.error()};
    return detail::read_at<R>(bus, *index);
}

/// One WRMSR. Does not compile for a read-only register.
template <single_register R, bus B>
[[nodiscard]] constexpr result<void> write(B&& bus, R value) {
    detail::require_writable<R>();
    return bus.write(R::address, value.raw());
}

template <register_family R, bus B>
[[nodiscard]] constexpr result<void> write(B&& bus, std::uint32_t number, R value) {
    detail::require_writable<R>();
    const auto index = member_address<R>(number, direction::write);
    if (!index) return std::unexpected{index.error()};
    return bus.write(*index, value.raw());
}

/// One RDMSR, the edit, one WRMSR; after a refused RDMSR neither of the others. It writes even if the edit changes
/// nothing: `ensure` does not. Status that is cleared by writing it reads as not-to-be-cleared in the edit, so that
/// only what the edit sets is cleared. Between the two accesses other code may write the register: that is the
/// caller's to prevent (interrupts, NMI, other threads for registers of wider scope).
template <single_register R, bus B, class Edit>
[[nodiscard]] constexpr result<void> update(B&& bus, Edit&& edit) {
    return detail::update_at<R>(bus, R::address, std::forward<Edit>(edit));
}

template <register_family R, bus B, class Edit>
[[nodiscard]] constexpr result<void> update(B&& bus, std::uint32_t number, Edit&& edit) {
    const auto index = member_address<R>(number, direction::write);
    if (!index) return std::unexpected{index.error()};
    return detail::update_at<R>(bus, *index, std::forward<Edit>(edit));
}

/// As `update`, but a value that already is as the edit wants it is not written: what a locked register needs, and
/// what spares a serialising WRMSR.
template <single_register R, bus B, class Edit>
[[nodiscard]] constexpr result<void> ensure(B&& bus, Edit&& edit) {
    return detail::ensure_at<R>(bus, R::address, std::forward<Edit>(edit));
}

template <register_family R, bus B, class Edit>
[[nodiscard]] constexpr result<void> ensure(B&& bus, std::uint32_t number, Edit&& edit) {
    const auto index = member_address<R>(number, direction::write);
    if (!index) return std::unexpected{index.error()};
    return detail::ensure_at<R>(bus, *index, std::forward<Edit>(edit));
}

}  // namespace msr
