// How the bits that a list calls a field stand to a register's fields.
#pragma once

#include <vector>

#include "compiler/audit/claims.hpp"
#include "msr/catalogue/model.hpp"

namespace msr::audit {

enum class tiling : std::uint8_t { same, regrouped, different };

/// `together` are the bits of all fields that the same source claims for the register, this one's too.
[[nodiscard]] tiling tiling_of(const bit_range& claimed, const std::vector<bit_range>& together,
                               const catalogue::register_entry& entry, const catalogue::tables& facts);

/// Whether the entry, too, has nothing but reserved bits there.
[[nodiscard]] bool all_reserved(const bit_range& claimed, const catalogue::register_entry& entry,
                                const catalogue::tables& facts);

/// Whether the field can have one of these bits.
[[nodiscard]] bool overlaps(const bit_range& claimed, const catalogue::field_entry& field,
                            const catalogue::tables& facts);

/// What the entry has at these bits, in words: "PA6 50..48, reserved 47..43".
[[nodiscard]] std::string fields_at(const bit_range& claimed, const catalogue::register_entry& entry,
                                    const catalogue::tables& facts);

}  // namespace msr::audit
