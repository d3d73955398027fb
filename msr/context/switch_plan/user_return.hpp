// Registers whose values matter in user mode alone: written as late as at the return there, and only if they differ.
// Freestanding; nothing is allocated.
//
// A CPU has one of these. Its functions are called with preemption off; events may arrive between any two instructions,
// and their handlers may ask `known`, but call nothing else before they have left.
#pragma once

#include <cstdint>
#include <optional>

#include "msr/core/bus.hpp"
#include "msr/core/view.hpp"

namespace msr::context {

namespace detail {

// Keeps the compiler from exchanging two stores: an event may come between them. The CPU shows its own events its
// stores in their order.
[[gnu::always_inline]] inline void in_this_order() {
    asm volatile("" ::: "memory");
}

}  // namespace detail

/// What happens when the first register gets a value that user mode is not to find: a kernel registers its notifier, or
/// sets the flag that its way to user mode looks at. Called once until the next return, and by that again if a write
/// was refused there.
struct no_arming {
    constexpr void operator()() const {}
};

/// Up to `Most` registers, each known by its place in the list of addresses, which all CPUs share. `Word` holds 64
/// bits.
template <std::size_t Most, class Arm = no_arming, class Word = std::uint64_t>
class user_return_registers {
    static_assert(Most != 0 && Most <= 64);

  public:
    /// `addresses` outlives this; what is beyond `Most` does not count.
    explicit constexpr user_return_registers(view<std::uint32_t> addresses, Arm arm = {})
        : addresses_{addresses}, arm_{arm} {}

    /// At the CPU's start: reads each register and writes it back. One that is refused is not there from now on.
    template <bus Bus>
    void probe(Bus&& to) {
        for (std::size_t at = 0; at < count(); ++at) {
            const auto held = to.read(addresses_[at]);
            if (!held || !to.write(addresses_[at], *held)) continue;
            user_[at] = *held;
            current_[at] = *held;
            detail::in_this_order();
            present_ |= bit(at);
            known_ = known_ | bit(at);
        }
    }

    [[nodiscard]] std::size_t count() const { return addresses_.size() < Most ? addresses_.size() : Most; }
    [[nodiscard]] bool is_present(std::size_t at) const { return at < count() && (present_ & bit(at)) != 0; }

    /// What the register holds; nothing while that is changing. Whoever relies on it may be called at any time.
    [[nodiscard]] std::optional<std::uint64_t> known(std::size_t at) const {
        if (!is_present(at) || (known_ & bit(at)) == 0) return std::nullopt;
        return static_cast<std::uint64_t>(current_[at]);
    }

    /// The value is needed now, as by the guest that is entered next; user mode finds its own again. Costs a comparison
    /// where the register holds it. Only the bits of `mask` are the value's, the others are user mode's. A refused
    /// write changes nothing; a register that is not there is refused.
    template <bus Bus>
    [[nodiscard, gnu::always_inline]] result<void> set(Bus&& to, std::size_t at, std::uint64_t value,
                                                       std::uint64_t mask = ~std::uint64_t{0}) {
        if (at >= Most) [[unlikely]]
            return std::unexpected{absent(at, direction::write)};
        const std::uint64_t user = user_[at];
        const auto wanted = (value & mask) | (user & ~mask);
        if (holds(at, wanted)) [[likely]]
            return {};
        return change(to, at, wanted);
    }

    /// What user mode finds from now on, as after a switch of tasks: written at the return.
    [[gnu::always_inline]] void set_for_user(std::size_t at, std::uint64_t value) {
        if (!is_present(at)) return;
        user_[at] = value;
        if (!holds(at, value)) wait_for_return(at);
    }

    /// From here on somebody else may change the register, as a guest whose writes are not intercepted, until
    /// `take_back` reads what it left.
    void give_away(std::size_t at) {
        if (!is_present(at)) return;
        known_ = known_ & ~bit(at);
        detail::in_this_order();
        wait_for_return(at);
    }

    template <bus Bus>
    [[nodiscard]] result<void> take_back(Bus&& from, std::size_t at) {
        if (!is_present(at)) return std::unexpected{absent(at, direction::read)};
        const auto left = from.read(addresses_[at]);
        if (!left) return std::unexpected{left.error()};
        current_[at] = *left;
        detail::in_this_order();
        known_ = known_ | bit(at);
        return {};
    }

    /// Whether the return has something to do.
    [[nodiscard]] bool is_waiting() const { return waiting_ != 0; }

    /// On the way to user mode, with interrupts off: what differs is written. A refused write goes on waiting, and the
    /// first of them is told.
    template <bus Bus>
    [[gnu::always_inline]] result<void> return_to_user(Bus&& to) {
        if (waiting_ == 0) [[likely]]
            return {};
        return write_back(to);
    }

  private:
    [[nodiscard]] static constexpr std::uint64_t bit(std::size_t at) { return std::uint64_t{1} << at; }

    [[nodiscard]] fault absent(std::size_t at, direction access) const {
        return {.index = at < count() ? addresses_[at] : 0, .direction = access};
    }

    [[nodiscard, gnu::always_inline]] bool holds(std::size_t at, std::uint64_t value) const {
        return current_[at] == value && (known_ & bit(at)) != 0;
    }

    void wait_for_return(std::size_t at) {
        const bool first = waiting_ == 0;
        waiting_ |= bit(at);
        if (first) arm_();
    }

    template <class Bus>
    [[nodiscard]] result<void> change(Bus& to, std::size_t at, std::uint64_t value) {
        if (!is_present(at)) return std::unexpected{absent(at, direction::write)};
        const auto written = write_register(to, at, value);
        if (written && current_[at] != user_[at]) wait_for_return(at);
        return written;
    }

    // Never does `current_` say more than the register holds, wherever an event arrives: it says nothing while the two
    // change (docs/context-switches.md). After a refused write it says what it did before, which may be nothing.
    template <class Bus>
    [[nodiscard]] result<void> write_register(Bus& to, std::size_t at, std::uint64_t value) {
        const std::uint64_t before = known_;
        known_ = before & ~bit(at);
        detail::in_this_order();
        const auto written = to.write(addresses_[at], value);
        if (written) current_[at] = value;
        detail::in_this_order();
        known_ = written ? before | bit(at) : before;
        return written;
    }

    template <class Bus>
    [[gnu::noinline]] result<void> write_back(Bus& to) {
        result<void> first;
        for (auto rest = waiting_; rest != 0; rest &= rest - 1) {
            const auto at = static_cast<std::size_t>(__builtin_ctzll(rest));
            const std::uint64_t value = user_[at];
            const auto written = holds(at, value) ? result<void>{} : write_register(to, at, value);
            if (written) waiting_ &= ~bit(at);
            if (!written && first) first = written;
        }
        if (waiting_ != 0) arm_();
        return first;
    }

    view<std::uint32_t> addresses_;
    [[no_unique_address]] Arm arm_;
    std::uint64_t present_ = 0;
    std::uint64_t waiting_ = 0;  // for the return: their registers may hold other values than user mode's
    Word known_{};               // a bit each
    Word user_[Most]{};
    Word current_[Most]{};
};

}  // namespace msr::context
