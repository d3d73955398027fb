// What is known of fields that several registers and structures share: their names, and how they depend on each other.
// Freestanding.
#pragma once

#include <cstdint>

#include "msr/core/view.hpp"

namespace msr {

/// A field by its name in the manual, and its bits.
struct named_field {
    text name;
    std::uint8_t msb = 0;
    std::uint8_t lsb = 0;
};

/// A field of one bit, by its layout and place.
struct field_place {
    static constexpr std::uint8_t whole = 0xFF;  // the layout as such: any of its fields

    text layout;
    std::uint8_t bit = whole;
};

enum class relation : std::uint8_t {
    needs,         // where the one is 1, so must be the other
    excludes,      // not both are 1
    paired,        // each is meant to be 1 where the other is, although the CPU does not ask for it
    activated_by,  // a layout counts only where the other is 1
};

struct field_relation {
    field_place of;
    relation kind = relation::needs;
    field_place other;
    text source;
};

/// Registers that may not stand everywhere in the lists of registers that VM entries and exits work through.
struct msr_list_limit {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    bool loaded = false;  // may stand in a list that is loaded
    bool saved = false;   // may stand in one that is saved to
};

}  // namespace msr
