// What a WRMSR does to a register on one CPU, as far as facts of single fields say: it succeeds, drops bits, or faults,
// and why. What depends on more than the register itself is a named rule (msr/rules/). Freestanding.
#pragma once

#include <cstdint>

#include "msr/profile/resolve.hpp"

namespace msr::profile {

enum class objection : std::uint8_t {
    none,
    register_read_only,
    reserved_bits,    // a one in a bit that must be zero
    field_read_only,  // a change of a field that has to be written back as it is
    illegal_value,    // a value that the field does not take
    not_canonical,    // no address of this CPU's linear-address width
    locked,
};

/// The outcome of one write. Where it faults, `bits` are those that are refused, and `field` is theirs, if they have
/// one.
struct verdict {
    objection why = objection::none;
    const resolved_field* field = nullptr;
    std::uint64_t bits = 0;
    std::uint64_t result = 0;     // what the register holds afterwards
    std::uint64_t dropped = 0;    // bits that were written and do not arrive
    std::uint64_t undefined = 0;  // bits for which the manual does not say what happens

    [[nodiscard]] constexpr bool faults() const { return why != objection::none; }
};

/// Whether a linear address is canonical: all bits from the CPU's linear-address width up equal the one below.
/// The width follows what the CPU supports (57 with LA57), not CR4.LA57 (SDM volume 1, 3.3.7.1).
[[nodiscard]] constexpr bool is_canonical(std::uint64_t address, unsigned width) {
    const auto above = 64 - width;
    return static_cast<std::int64_t>(address << above) >> above == static_cast<std::int64_t>(address);
}

/// A write of `value` to a register that holds `old`.
[[nodiscard]] verdict check_write(const resolved_register& layout, std::uint64_t old, std::uint64_t value,
                                  const profile& cpu);

}  // namespace msr::profile
