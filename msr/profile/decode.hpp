// What a register's value says on one CPU, field by field. Nothing is allocated.
#pragma once

#include <cstdint>

#include "msr/profile/resolve.hpp"

namespace msr::profile {

struct decoded_field {
    const resolved_field& field;
    std::uint64_t raw;                     // the field's bits
    const catalogue::enumerator* meaning;  // in words, where the catalogue has them for this value
};

/// The enumerator that a value has, or null.
[[nodiscard]] constexpr const catalogue::enumerator* meaning_of(const catalogue::field_entry& field,
                                                                std::uint64_t raw) {
    if (field.values == nullptr) return nullptr;
    for (const auto& one : field.values->values) {
        if ((raw & one.mask) == one.match) return &one;
    }
    return nullptr;
}

/// Calls visit(decoded_field) for each field, from the top bit down.
template <class Visit>
constexpr void decode(const resolved_register& layout, std::uint64_t value, Visit&& visit) {
    for (const auto& field : layout.fields) {
        const auto raw = field.of(value);
        visit(decoded_field{field, raw, meaning_of(*field.entry, raw)});
    }
}

/// The scaled value of a field, in its unit; not known where it has no formula, or one that needs a register not read.
[[nodiscard]] inline catalogue::maybe<double> scaled(const catalogue::field_entry& field, std::uint64_t register_value,
                                                     const profile& cpu) {
    if (field.value.empty()) return {};
    return catalogue::evaluate<double>(field.value, evaluation{cpu, register_value});
}

/// An address that a field holds, put back in its place; a linear one is sign-extended from the field's top bit.
[[nodiscard]] constexpr std::uint64_t address_of(const resolved_field& field, std::uint64_t raw) {
    const auto shift = field.entry->shift;
    const auto address = raw << shift;
    if (field.entry->kind != catalogue::field_kind::linear_address || shift == 0) return address;
    const auto width = static_cast<unsigned>(field.msb - field.lsb + 1) + shift;
    if (width >= 64 || (address >> (width - 1) & 1U) == 0) return address;
    return address | ~catalogue::mask_of(static_cast<int>(width) - 1, 0);
}

}  // namespace msr::profile
