// A register as it is on one CPU: which fields exist, where they stand, what each reserved bit is. Worked out once;
// decoding and checking values are then look-ups and masks. Freestanding.
#pragma once

#include <cstdint>

#include "msr/catalogue/model.hpp"
#include "msr/profile/profile.hpp"

namespace msr::profile {

struct resolved_field {
    const catalogue::field_entry* entry = nullptr;
    std::uint8_t msb = 0;
    std::uint8_t lsb = 0;
    bool certain = true;  // false: whether it exists hangs on a register whose value is not known

    [[nodiscard]] constexpr std::uint64_t mask() const { return catalogue::mask_of(msb, lsb); }
    [[nodiscard]] constexpr std::uint64_t of(std::uint64_t value) const { return catalogue::extract(value, msb, lsb); }
};

struct resolved_register {
    const catalogue::register_entry* entry = nullptr;
    view<resolved_field> fields;  // those with a name, from the top bit down
    std::uint64_t must_be_zero = 0;
    std::uint64_t ignored = 0;
    std::uint64_t preserve = 0;
    std::uint64_t read_only = 0;
};

/// Whether the register is there on the CPU.
[[nodiscard]] inline catalogue::holds exists(const catalogue::register_entry& entry, const profile& cpu) {
    return catalogue::test(entry.exists, cpu);
}

/// How many members a family has on the CPU; `members` where that is not known; 1 for a single register.
[[nodiscard]] std::uint32_t member_count(const catalogue::register_entry& entry, const profile& cpu);

/// Fills `storage`, which has room for all the register's fields, and refers to it.
[[nodiscard]] resolved_register resolve(const catalogue::register_entry& entry, const profile& cpu,
                                        resolved_field* storage);

/// The same without a CPU: every field that the register can have, each name once, at the widest it can be.
[[nodiscard]] resolved_register resolve_for_any(const catalogue::register_entry& entry, const catalogue::tables& facts,
                                                resolved_field* storage);

}  // namespace msr::profile
