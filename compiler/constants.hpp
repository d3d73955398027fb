// The catalogue as one list of named constants: what the exports to C and to Rust are written from.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "msr/catalogue/model.hpp"

namespace msr::compiler {

struct exported_constant {
    enum class form : std::uint8_t {
        address,         // of a register: `value`
        member_address,  // of a family's member n: value + stride * (n - first)
        number,          // of members: `value`
        shift,           // of a field: lsb
        mask,            // of a field: msb..lsb
        value,           // 64 bits: `value`
    };
    std::string name;
    form as;
    std::uint64_t value = 0;
    std::uint32_t stride = 0;
    std::uint32_t first = 0;
    catalogue::bit_position msb = {};  // with a quantity: the shift or mask is a function of it
    catalogue::bit_position lsb = {};
    std::string comment = {};
};

/// What belongs to one register, layout or enumeration, with a heading of one or more lines.
struct constant_group {
    std::vector<std::string> heading;
    std::vector<exported_constant> constants;
};

/// Everything, in the catalogue's order. Names are the manuals', and no two are equal, whatever the order of files:
///  - a register's is NAME, with a variant NAME_VARIANT. Where all entries of a name have variants and one address,
///  that
///    is NAME besides;
///  - a field's is NAME_FIELD; NAME_FIELD_MSB_LSB where that would stand for different bits, or for two registers'
///  fields;
///  - an enumerator's is ENUMERATION_NAME; ENUMERATION_NAME_VALUE where an enumeration has the name twice.
/// The error names what would still be one constant with two meanings.
[[nodiscard]] std::expected<std::vector<constant_group>, std::string> constants_of(const catalogue::tables& all);

/// The names of the quantities that the constant is a function of: none, one or two.
[[nodiscard]] std::vector<std::string> parameters_of(const exported_constant& one, const catalogue::tables& all);

/// A place as the catalogue writes it: 12, MAXPHYADDR-1, 32+FIXED_COUNTERS.
[[nodiscard]] std::string position_text(catalogue::bit_position at, const catalogue::tables& all);

/// 0, or MAXPHYADDR-1..12.
[[nodiscard]] std::string bits_text(const catalogue::field_entry& field, const catalogue::tables& all);

}  // namespace msr::compiler
