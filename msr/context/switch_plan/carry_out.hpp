// A plan's writes, executed: each by the instruction that the plan names. Freestanding; nothing is allocated.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "msr/context/switch_plan/plan.hpp"
#include "msr/core/bus.hpp"
#include "msr/core/instructions.hpp"

namespace msr::context {

/// A bus that has WRMSRNS.
template <class B>
concept non_serialising_bus = bus<B> && requires(B& to, std::uint32_t index, std::uint64_t value) {
    { to.write_non_serialising(index, value) } -> std::same_as<result<void>>;
};

/// A bus that has WRMSRLIST: writes register `addresses[n]` for each bit n of `which` from 0 up, and returns the bits
/// not done: 0, or from the refused one up. Both tables are aligned to 8 bytes and have 64 entries.
template <class B>
concept list_bus = bus<B> && requires(B& to, const std::uint64_t* table, std::uint64_t which) {
    { to.write_list(table, table, which) } -> std::same_as<std::uint64_t>;
};

namespace detail {

// One WRMSRLIST, of as much as it takes of a run; how much that was.
template <list_bus Bus>
[[gnu::noinline]] result<std::size_t> write_list_of(Bus& to, view<planned_write> run) {
    alignas(8) std::uint64_t addresses[most_in_list];
    alignas(8) std::uint64_t values[most_in_list];
    std::size_t count = 0;
    for (; count < run.size() && count < most_in_list && run[count].by == write_instruction::wrmsrlist; ++count) {
        addresses[count] = run[count].address;
        values[count] = run[count].value;
    }
    const auto left = to.write_list(addresses, values, ~std::uint64_t{0} >> (most_in_list - count));
    if (left == 0) return count;
    const auto refused = run[static_cast<std::size_t>(__builtin_ctzll(left))].address;
    return std::unexpected{fault{.index = refused, .direction = direction::write}};
}

template <class Bus>
result<void> write_by(Bus& to, const planned_write& one) {
    if constexpr (non_serialising_bus<Bus>) {
        if (one.by != write_instruction::wrmsr) return to.write_non_serialising(one.address, one.value);
    }
    return to.write(one.address, one.value);
}

}  // namespace detail

/// Executes writes in their order: a plan's `now`, or its `late`. A bus that lacks an instruction executes the next
/// slower one, WRMSR at last, which does all that the others do. A refused write is the end: what comes before it is
/// written, and nothing behind it. A list takes 1 KiB of the stack.
///
/// Selectors are the caller's to load, before `now` (docs/segment-bases.md).
template <bus Bus>
[[nodiscard]] result<void> carry_out(Bus&& to, view<planned_write> writes) {
    using executing = std::remove_reference_t<Bus>;
    for (std::size_t at = 0; at < writes.size();) {
        if constexpr (list_bus<executing>) {
            if (writes[at].by == write_instruction::wrmsrlist) {
                const auto done = detail::write_list_of<executing>(to, {&writes[at], writes.size() - at});
                if (!done) return std::unexpected{done.error()};
                at += *done;
                continue;
            }
        }
        if (const auto written = detail::write_by(to, writes[at]); !written) return written;
        ++at;
    }
    return {};
}

/// Ring 0's bus with all the instructions that this CPU has for writing registers. What it lacks is done by WRMSR.
class native_switch_bus {
  public:
    /// `cpu` is this CPU.
    template <knows_features Cpu>
    explicit constexpr native_switch_bus(const Cpu& cpu)
        : non_serialising_{enumerated<features::wrmsrns>::by(cpu)}, list_{enumerated<features::msrlist>::by(cpu)} {}

    [[nodiscard]] result<std::uint64_t> read(std::uint32_t index) const { return instructions::rdmsr(index); }
    [[nodiscard]] result<void> write(std::uint32_t index, std::uint64_t value) const {
        return instructions::wrmsr(index, value);
    }
    [[nodiscard]] result<void> write_non_serialising(std::uint32_t index, std::uint64_t value) const {
        return non_serialising_ ? instructions::wrmsrns(*non_serialising_, index, value) : write(index, value);
    }
    [[nodiscard]] std::uint64_t write_list(const std::uint64_t* addresses, const std::uint64_t* values,
                                           std::uint64_t which) const {
        if (list_) return instructions::wrmsrlist(*list_, addresses, values, which);
        for (; which != 0; which &= which - 1) {
            const auto at = __builtin_ctzll(which);
            if (!write_non_serialising(static_cast<std::uint32_t>(addresses[at]), values[at])) break;
        }
        return which;
    }

  private:
    std::optional<enumerated<features::wrmsrns>> non_serialising_;
    std::optional<enumerated<features::msrlist>> list_;
};
static_assert(non_serialising_bus<native_switch_bus> && list_bus<native_switch_bus>);

}  // namespace msr::context
