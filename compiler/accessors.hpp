// What a generated type offers: from the catalogue's fields, their arrays, shared layouts and alternatives, to
// accessors whose names are unique.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "msr/catalogue/model.hpp"

namespace msr::compiler {

struct accessor {
    std::string name;   // in C++
    std::string label;  // NAME.FIELD, as messages and comments call it
    std::string note;   // title, unit, and how it is cleared
    std::string type;   // bool, msr::bits<…>, or a layout's type
    int msb = 0;        // of an array's first element
    int lsb = 0;
    bool settable = false;
    bool array = false;
    int first = 0;  // of an array: its elements' numbers and distance
    int last = 0;
    int step = 0;
    std::string include;  // the generated header that `type` needs
};

/// The register or layout that fields belong to.
struct owner {
    std::string name;
    bool writable = true;
    view<catalogue::field_entry> fields;
    view<catalogue::part_entry> parts;
};

/// The widest that a field gets on any CPU: positions that follow a quantity at its extremes, within 63..0.
/// Empty if msb < lsb.
struct bit_range {
    int msb = 0;
    int lsb = 0;
    friend bool operator==(const bit_range&, const bit_range&) = default;
};
[[nodiscard]] bit_range widest(const catalogue::field_entry& field, const catalogue::tables& all);

/// Whether an enumeration can be an enum: all its values are single numbers with different names.
[[nodiscard]] bool is_enum(const catalogue::enumeration_entry& values);

/// In the order of the fields. Alternatives with the same bits become one accessor: settable if one of them is, and a
/// plain number if they hold different things. Fields of one name at different bits carry their bits in the name.
[[nodiscard]] std::expected<std::vector<accessor>, std::string> accessors_of(const owner& owner,
                                                                             const catalogue::tables& all);

/// The bits whose fields all have the given access: alternatives that disagree count for none.
[[nodiscard]] std::uint64_t bits_with(catalogue::access access, const owner& owner, const catalogue::tables& all);

}  // namespace msr::compiler
