#include <fmt/format.h>

#include "compiler/constants.hpp"
#include "compiler/exports.hpp"
#include "msr/catalogue/bits.hpp"

namespace msr::compiler {

namespace {

using fmt::format;

constexpr std::string_view c_begin = R"(/*
 * The model-specific registers of x86, made from the catalogue of msrkit by `msr-catalogue emit --as c`. Do not edit.
 *
 * REGISTER               its address; REGISTER(n) that of a family's member n
 * REGISTER_MEMBERS       how many members a family has at most
 * REGISTER_AT_RESET      its value at reset, where the manuals state one
 * REGISTER_FIELD_SHIFT   a field's lowest bit, and
 * REGISTER_FIELD_MASK    all its bits in place; a function of a quantity of the CPU where they depend on one
 * ENUMERATION_NAME       a field's value, not in place
 */
#ifndef MSRKIT_MSR_H
#define MSRKIT_MSR_H

#ifdef __ASSEMBLER__
#define MSRKIT_U64(value) value
#else
#define MSRKIT_U64(value) value##ULL
#endif

/* Bits msb..lsb in place: none if msb < lsb. */
#define MSRKIT_BITS(msb, lsb) \
    ((msb) < (lsb) ? MSRKIT_U64(0) : (~MSRKIT_U64(0) >> (63 - (msb))) & (~MSRKIT_U64(0) << (lsb)))

/* A field whose place is fixed, taken from a register's value, and a value for it put in place:
 * MSRKIT_GET(IA32_PAT_PA0, pat), MSRKIT_PUT(IA32_PAT_PA0, MEMORY_TYPE_WB). */
#define MSRKIT_GET(field, value) (((value) & field##_MASK) >> field##_SHIFT)
#define MSRKIT_PUT(field, value) (((MSRKIT_U64(0) | (value)) << field##_SHIFT) & field##_MASK)
)";

// A comment's end within it would leave the rest as code; its beginning is warned of.
std::string c_comment(std::string words) {
    for (const std::string_view mark : {"*/", "/*"}) {
        for (auto at = words.find(mark); at != std::string::npos; at = words.find(mark))
            words.insert(at + 1, " ");
    }
    return words;
}

std::string c_position(catalogue::bit_position at, const catalogue::tables& all) {
    if (at.quantity == catalogue::none) return format("{}", at.offset);
    auto quantity = format("(int)({})", std::string_view{all.quantities[at.quantity].name});
    if (at.offset == 0) return quantity;
    return format("{} {} {}", quantity, at.offset < 0 ? '-' : '+', at.offset < 0 ? -at.offset : at.offset);
}

std::string c_value(const exported_constant& one, const catalogue::tables& all) {
    using kind = exported_constant::form;
    switch (one.as) {
        case kind::address: return format("{:#x}", one.value);
        case kind::member_address:
            if (one.first == 0) return format("({:#x} + {:#x} * (n))", one.value, one.stride);
            return format("({:#x} + {:#x} * ((n) - {}))", one.value, one.stride, one.first);
        case kind::number: return format("{}", one.value);
        case kind::shift: return format("{}", c_position(one.lsb, all));
        case kind::mask:
            if (!parameters_of(one, all).empty())
                return format("MSRKIT_BITS({}, {})", c_position(one.msb, all), c_position(one.lsb, all));
            return format("MSRKIT_U64({:#018x})", catalogue::mask_of(one.msb.offset, one.lsb.offset));
        case kind::value: return format("MSRKIT_U64({:#x})", one.value);
    }
    return {};
}

std::string c_line(const exported_constant& one, const catalogue::tables& all) {
    std::string parameters;
    for (const auto& name : parameters_of(one, all))
        parameters += (parameters.empty() ? "" : ", ") + name;
    if (one.as == exported_constant::form::member_address) parameters = "n";
    const bool sum = one.as == exported_constant::form::shift && !parameters.empty();
    const auto value = sum ? "(" + c_value(one, all) + ")" : c_value(one, all);
    return format("#define {}{} {}{}\n", one.name, parameters.empty() ? "" : "(" + parameters + ")", value,
                  one.comment.empty() ? "" : "  /* " + c_comment(one.comment) + " */");
}

}  // namespace

std::expected<std::string, std::string> c_header(const catalogue::tables& all) {
    const auto groups = constants_of(all);
    if (!groups) return std::unexpected{groups.error()};
    std::string out{c_begin};
    for (const auto& group : *groups) {
        std::string heading;
        for (const auto& line : group.heading)
            heading += (heading.empty() ? "" : "\n * ") + c_comment(line);
        out += "\n/* " + heading + " */\n";
        for (const auto& one : group.constants)
            out += c_line(one, all);
    }
    return out + "\n#endif\n";
}

}  // namespace msr::compiler
