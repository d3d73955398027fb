#include "compiler/register_text.hpp"

#include <algorithm>
#include <bit>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "compiler/names.hpp"

namespace msr::compiler {

namespace {

using fmt::format;

std::string comment_of(const text& words) {
    return comment_text(std::string_view{words});
}

std::string header(std::string_view includes, std::string_view contents) {
    return format(
        "// Made from the catalogue by msr-catalogue. Do not edit: the facts are in catalogue/.\n"
        "#pragma once\n\n{}\nnamespace msr {{\n\n{}\n}}  // namespace msr\n",
        includes, contents);
}

std::string joined(const view<text>& list) {
    std::string result;
    for (const auto& one : list)
        result += (result.empty() ? "" : ", ") + comment_of(one);
    return result;
}

std::string range(int msb, int lsb) {
    return msb == lsb ? format("{}", msb) : format("{}..{}", msb, lsb);
}

std::string bits_of(const accessor& one) {
    auto here = format("{} {}", one.msb == one.lsb ? "Bit" : "Bits", range(one.msb, one.lsb));
    if (!one.array) return here;
    const int away = (one.last - one.first) * one.step;
    return format("{} for {}, to {} for {}", here, one.first, range(one.msb + away, one.lsb + away), one.last);
}

// The field's place and type, in the nested struct `fields`.
std::string descriptor(const accessor& one) {
    const auto field = format("msr::field<{}, {}, {}>", one.msb, one.lsb, one.type);
    if (!one.array) return format("        using {} = {};\n", one.name, field);
    return format("        using {} = msr::field_array<{}, {}, {}, {}>;\n", one.name, one.first, one.last, one.step,
                  field);
}

// In one line where that fits.
std::string function(const std::string& head, const std::string& statement) {
    if (head.size() + statement.size() < 110) return format("    {} {{ {} }}\n", head, statement);
    return format("    {} {{\n        {}\n    }}\n", head, statement);
}

std::string setter(const accessor& one, const std::string& self, const std::string& number) {
    const auto value = one.type == "bool" ? "std::same_as<bool> auto" : one.type;
    const auto head =
        one.array ? format("[[nodiscard]] constexpr {} {}({} number, {} value) const", self, one.name, number, value)
                  : format("[[nodiscard]] constexpr {} {}({} value) const", self, one.name, value);
    return function(head, format("return with<fields::{}>({}value);", one.name, one.array ? "number, " : ""));
}

// A read-only field's setter is there to say why it cannot be called.
std::string refusing_setter(const accessor& one, const std::string& self, const std::string& number) {
    return format(
        "    template <class Value>\n"
        "    {} {}({}Value) const {{\n"
        "        static_assert(msr::never<Value>, \"{} is read-only\");\n"
        "        return *this;\n"
        "    }}\n",
        self, one.name, one.array ? number + ", " : "", literal_text(one.label));
}

std::string accessor_text(const accessor& one, const std::string& self) {
    const auto number = format("msr::number_in<{}, {}>", one.first, one.last);
    const auto parameter = one.array ? number + " number" : "";
    return format("\n    /// {}: {}.\n", bits_of(one), comment_text(one.note.empty() ? one.label : one.note)) +
           function(format("[[nodiscard]] constexpr {} {}({}) const", one.type, one.name, parameter),
                    format("return get<fields::{}>({});", one.name, one.array ? "number" : "")) +
           (one.settable ? setter(one, self, number) : refusing_setter(one, self, number));
}

std::string body(const std::vector<accessor>& accessors, const std::string& self) {
    if (accessors.empty()) return {};
    std::string places;
    std::string functions;
    for (const auto& one : accessors) {
        places += descriptor(one);
        functions += accessor_text(one, self);
    }
    return format("\n    struct fields {{\n{}    }};\n{}", places, functions);
}

std::string includes(const std::vector<accessor>& accessors) {
    std::set<std::string> wanted{"#include \"msr/core/register.hpp\"\n"};
    for (const auto& one : accessors) {
        if (!one.include.empty()) wanted.insert(format("#include \"msr/registers/{}\"\n", one.include));
    }
    std::string out = "#include <concepts>\n#include <cstdint>\n\n";
    for (const auto& line : wanted)
        out += line;
    return out;
}

std::string register_comment(const catalogue::register_entry& entry) {
    auto out = format("/// {}{}{}. Address {:X}H", comment_of(entry.name), entry.title.empty() ? "" : ": ",
                      comment_of(entry.title), entry.address);
    out += entry.stride == 0 ? ".\n" : format(", and every {} from there.\n", entry.stride);
    if (!entry.description.empty()) out += format("/// {}\n", comment_of(entry.description));
    if (!entry.variant.empty()) out += format("/// Variant: {}.\n", comment_of(entry.variant));
    if (!entry.fields_known)
        out += "/// Its fields are not in the catalogue: it has an address and a raw value only.\n";
    if (!entry.aliases.empty()) out += format("/// Also called: {}.\n", joined(entry.aliases));
    if (!entry.sources.empty()) out += format("/// Source: {}.\n", joined(entry.sources));
    return out;
}

template <class Value>
std::string constant(std::string_view type, std::string_view name, const Value& value) {
    return format("    static constexpr {} {} = {};\n", type, name, value);
}

std::string refusal(std::string_view function, std::string_view message) {
    return format(
        "    template <class Access>\n"
        "    static constexpr void {}() {{\n"
        "        static_assert(msr::never<Access>, \"{}\");\n"
        "    }}\n",
        function, message);
}

std::string register_facts(const catalogue::register_entry& entry, const owner& fields, const catalogue::tables& all) {
    using catalogue::access;
    const auto name = literal_text(entry.name);
    const bool readable = entry.access != access::write_only;
    const auto by_one = bits_with(access::write_one_to_clear, fields, all);
    const auto by_zero = bits_with(access::write_zero_to_clear, fields, all);
    auto out = constant("msr::text", "name", "\"" + name + "\"");
    out += constant("std::uint32_t", "address", format("0x{:X}", entry.address));
    if (entry.stride != 0) {
        out += constant("std::uint32_t", "stride", entry.stride);
        out += constant("std::uint32_t", "members", entry.members);
        out += constant("std::uint32_t", "first", entry.first);
    }
    out += constant("bool", "readable", readable);
    out += constant("bool", "writable", fields.writable);
    if (by_one != 0) out += constant("std::uint64_t", "cleared_by_one", format("0x{:X}", by_one));
    if (by_zero != 0) out += constant("std::uint64_t", "cleared_by_zero", format("0x{:X}", by_zero));
    if (!readable) out += refusal("refuse_read", name + " is write-only");
    if (!fields.writable) out += refusal("refuse_write", name + " is read-only");
    return out;
}

}  // namespace

std::string register_header(const catalogue::register_entry& entry, const std::string& type, const owner& fields,
                            const std::vector<accessor>& accessors, const catalogue::tables& all) {
    const auto reset = entry.has_reset
                           ? format("    [[nodiscard]] static constexpr {0} at_reset() {{ return {0}{{0x{1:X}}}; }}\n",
                                    type, entry.reset)
                           : std::string{};
    return header(includes(accessors),
                  format("{0}struct {1} : word<{1}> {{\n{2}    using word::word;\n{3}{4}}};\n", register_comment(entry),
                         type, register_facts(entry, fields, all), reset, body(accessors, type)));
}

// An empty C++ array is not allowed; a view of nothing is written as {}.
std::string list(std::string_view type, std::string_view name, const std::string& elements) {
    if (elements.empty()) return format("inline constexpr view<{}> {}{{}};\n", type, name);
    return format("inline constexpr {} {}[]{{\n{}}};\n", type, name, elements);
}

// Named twice: as types, and here as data, for messages.
std::string named_fields(const catalogue::layout_entry& layout) {
    std::string fields;
    for (const auto& one : layout.fields) {
        const bool fixed = one.msb.quantity == catalogue::none && one.lsb.quantity == catalogue::none;
        if (catalogue::is_reserved(one) || !fixed) continue;
        fields += format("        {{\"{}\", {}, {}}},\n", literal_text(one.name), one.msb.offset, one.lsb.offset);
    }
    return format(
        "    static constexpr msr::text layout_name = \"{}\";\n"
        "    static constexpr msr::named_field named_fields[]{{\n{}    }};\n",
        literal_text(layout.name), fields);
}

std::string layout_header(const catalogue::layout_entry& layout, const std::string& type,
                          const std::vector<accessor>& accessors) {
    return header(
        includes(accessors) + "#include \"msr/core/layout.hpp\"\n",
        format("/// {}.\nstruct {} : word<{}, {}> {{\n{}    using word::word;\n{}}};\n", comment_of(layout.title), type,
               type, layout.width, named_fields(layout), body(accessors, type)));
}

std::string enumeration_header(const catalogue::enumeration_entry& values, const std::string& type, int width) {
    const auto storage = std::max(8U, std::bit_ceil(static_cast<unsigned>(width)));
    auto out = format("/// {}.\nenum class {} : std::uint{}_t {{\n", comment_of(values.title), type, storage);
    for (const auto& one : values.values) {
        out += format("    {} = {},", member_name(one.name), one.match);
        out += one.title.empty() ? "\n" : format("  // {}\n", comment_of(one.title));
    }
    return header("#include <cstdint>\n", out + "};\n");
}

std::string relations_header(const catalogue::tables& all) {
    const auto place = [](const field_place& one) {
        return format("{{\"{}\", {}}}", literal_text(one.layout), one.bit);
    };
    std::string relations;
    for (const auto& one : all.relations)
        relations += format("    {{{}, static_cast<relation>({}), {}, \"{}\"}},\n", place(one.of),
                            static_cast<int>(one.kind), place(one.other), literal_text(one.source));
    std::string limits;
    for (const auto& one : all.msr_lists)
        limits += format("    {{0x{:X}, 0x{:X}, {}, {}}},\n", one.first, one.last, one.loaded, one.saved);
    return header(
        "#include \"msr/core/layout.hpp\"\n",
        "/// How one-bit fields of layouts depend on each other.\n" +
            list("field_relation", "field_relations", relations) +
            "\n/// Registers that may not stand everywhere in the lists of VM entries and exits, by address.\n" +
            list("msr_list_limit", "msr_list_limits", limits));
}

std::string cpuid_header(const catalogue::tables& all) {
    const auto place = [](const catalogue::cpuid_bits& where) {
        return format("{{0x{:X}, {}, static_cast<catalogue::cpuid_register>({}), {}, {}, {{}}}}", where.leaf,
                      where.subleaf, static_cast<int>(where.reg), where.msb, where.lsb);
    };
    std::string out = "namespace cpuid {\n";
    for (const auto& one : all.features) {
        if (!catalogue::has_bit_of_its_own(one.where)) continue;
        out += format("\n/// {}.\ninline constexpr catalogue::cpuid_bits {}{};\n", comment_of(one.title),
                      member_name(one.name), place(one.where));
    }
    for (const auto& one : all.quantities) {
        if (!catalogue::has_bit_of_its_own(one.where)) continue;
        out += format("\n/// {}.\ninline constexpr catalogue::quantity_entry {}{{\"{}\", \"{}\", {}, {}, {}, {}}};\n",
                      comment_of(one.title), member_name(one.name), literal_text(one.name), literal_text(one.title),
                      place(one.where), one.minimum, one.maximum, one.fallback);
    }
    return header("#include \"msr/catalogue/model.hpp\"\n", out + "\n}  // namespace cpuid\n");
}

std::string all_header(const std::vector<std::string>& headers) {
    std::string out = "// Made from the catalogue by msr-catalogue: everything that it made.\n#pragma once\n\n";
    for (const auto& one : headers)
        out += format("#include \"msr/registers/{}\"\n", one);
    return out;
}

std::string every_field_header(const std::string& lines) {
    return "// Made from the catalogue by msr-catalogue, for who wants to go through all accessors: MSRKIT_FIELD(type, "
           "name)\n"
           "// for each, MSRKIT_READ_ONLY_FIELD where it cannot be set; MSRKIT_ARRAY and MSRKIT_READ_ONLY_ARRAY for "
           "arrays.\n"
           "// Types whose accessors are all the same are listed once, as the first of them.\n"
           "// Define these, then include this, as often as needed: hence no #pragma once.\n\n" +
           lines;
}

std::string shape_of(const std::vector<accessor>& accessors) {
    std::string out;
    for (const auto& one : accessors) {
        out += format("{} {} {}..{} {} {} {}..{} {}\n", one.name, one.type, one.msb, one.lsb, one.settable, one.array,
                      one.first, one.last, one.step);
    }
    return out;
}

std::string field_lines(const std::vector<accessor>& accessors, const std::string& type) {
    std::string out;
    for (const auto& one : accessors) {
        out += format("MSRKIT_{}{}({}, {})\n", one.settable ? "" : "READ_ONLY_", one.array ? "ARRAY" : "FIELD", type,
                      one.name);
    }
    return out;
}

}  // namespace msr::compiler
