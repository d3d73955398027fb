#include <fmt/format.h>

#include "compiler/constants.hpp"
#include "compiler/exports.hpp"
#include "msr/catalogue/bits.hpp"

namespace msr::compiler {

namespace {

using fmt::format;

constexpr std::string_view rust_begin =
    R"(//! The model-specific registers of x86, made from the catalogue of msrkit by `msr-catalogue emit --as rust`. Do not
//! edit.
//!
//! - `REGISTER`: its address; `REGISTER(n)`: that of a family's member n
//! - `REGISTER_MEMBERS`: how many members a family has at most
//! - `REGISTER_AT_RESET`: its value at reset, where the manuals state one
//! - `REGISTER_FIELD_SHIFT`: a field's lowest bit, and
//! - `REGISTER_FIELD_MASK`: all its bits in place; a function of a quantity of the CPU where they depend on one
//! - `ENUMERATION_NAME`: a field's value, not in place
#![allow(non_snake_case, non_upper_case_globals)]

/// Bits msb..lsb in place: none if msb < lsb.
const fn bits(msb: i32, lsb: i32) -> u64 {
    if msb < lsb {
        0
    } else {
        (!0u64 >> (63 - msb)) & (!0u64 << lsb)
    }
}
)";

std::string rust_position(catalogue::bit_position at, const catalogue::tables& all) {
    if (at.quantity == catalogue::none) return format("{}", at.offset);
    auto quantity = format("{} as i32", std::string_view{all.quantities[at.quantity].name});
    if (at.offset == 0) return quantity;
    return format("{} {} {}", quantity, at.offset < 0 ? '-' : '+', at.offset < 0 ? -at.offset : at.offset);
}

std::string rust_type(const exported_constant& one) {
    return one.as == exported_constant::form::mask || one.as == exported_constant::form::value ? "u64" : "u32";
}

std::string rust_value(const exported_constant& one, const catalogue::tables& all) {
    using kind = exported_constant::form;
    switch (one.as) {
        case kind::address: return format("{:#x}", one.value);
        case kind::member_address:
            if (one.first == 0) return format("{:#x} + {:#x} * n", one.value, one.stride);
            return format("{:#x} + {:#x} * (n - {})", one.value, one.stride, one.first);
        case kind::number: return format("{}", one.value);
        case kind::shift:
            if (one.lsb.quantity == catalogue::none) return format("{}", one.lsb.offset);
            return format("({}) as u32", rust_position(one.lsb, all));
        case kind::mask:
            if (!parameters_of(one, all).empty())
                return format("bits({}, {})", rust_position(one.msb, all), rust_position(one.lsb, all));
            return format("{:#018x}", catalogue::mask_of(one.msb.offset, one.lsb.offset));
        case kind::value: return format("{:#x}", one.value);
    }
    return {};
}

std::string rust_item(const exported_constant& one, const catalogue::tables& all) {
    std::string parameters;
    for (const auto& name : parameters_of(one, all))
        parameters += (parameters.empty() ? "" : ", ") + name + ": u32";
    if (one.as == exported_constant::form::member_address) parameters = "n: u32";
    const auto comment = one.comment.empty() ? "" : "/// " + one.comment + "\n";
    if (parameters.empty())
        return format("{}pub const {}: {} = {};\n", comment, one.name, rust_type(one), rust_value(one, all));
    return format("{}pub const fn {}({}) -> {} {{\n    {}\n}}\n", comment, one.name, parameters, rust_type(one),
                  rust_value(one, all));
}

}  // namespace

std::expected<std::string, std::string> rust_module(const catalogue::tables& all) {
    const auto groups = constants_of(all);
    if (!groups) return std::unexpected{groups.error()};
    std::string out{rust_begin};
    for (const auto& group : *groups) {
        if (group.constants.empty()) continue;
        out += "\n";
        for (const auto& line : group.heading)
            out += "// " + line + "\n";
        for (const auto& one : group.constants)
            out += rust_item(one, all);
    }
    return out;
}

}  // namespace msr::compiler
