#include "tools/msr/assign.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tools/msr/choose.hpp"
#include "tools/msr/refusal.hpp"

namespace tool {

namespace {

// A number, or a value's name: PA0=WB.
host::outcome<std::uint64_t> field_value(const catalogue::field_entry& field, std::string_view words) {
    if (field.values != nullptr) {
        for (const auto& one : field.values->values) {
            if (one.name == words && one.mask == ~std::uint64_t{0}) return one.match;
        }
    }
    auto number = parse_value(words);
    if (number || field.values == nullptr) return number;
    return host::bad_input(fmt::format("{} has no value `{}`", std::string_view{field.name}, words),
                           legal_values(field));
}

bool is_address(const catalogue::field_entry& field) {
    return field.kind == catalogue::field_kind::linear_address || field.kind == catalogue::field_kind::physical_address;
}

}  // namespace

host::outcome<assignment> parse_assignment(const std::string& words, std::string_view form) {
    const auto equals = words.find('=');
    if (equals == std::string::npos) return host::bad_input(fmt::format("`{}` is no {}", words, form));
    return assignment{words.substr(0, equals), words.substr(equals + 1)};
}

const profile::resolved_field* field_named(const layout& fields, std::string_view name) {
    const auto* const found =
        std::ranges::find_if(fields->fields, [&](const auto& one) { return one.entry->name == name; });
    return found == fields->fields.end() ? nullptr : found;
}

host::outcome<std::uint64_t> with_field(const layout& fields, std::uint64_t value, const assignment& wanted) {
    const auto& name = wanted.name;
    const auto* const field = field_named(fields, name);
    if (std::string_view{fields->entry->name}.empty())
        return host::bad_input(fmt::format("there is no {}", name), "this CPU does not have its register");
    if (field == nullptr) {
        return host::bad_input(fmt::format("{} has no field `{}`", std::string_view{fields->entry->name}, name),
                               fmt::format("msr show {} lists them", std::string_view{fields->entry->name}));
    }
    auto number = field_value(*field->entry, wanted.value);
    if (!number) return number;
    if (is_address(*field->entry) && field->entry->shift > 0) {
        const auto low = catalogue::mask_of(field->entry->shift - 1, 0);
        if ((*number & low) != 0)
            return host::bad_input(
                fmt::format("{} takes an address whose low {} bits are zero", name, field->entry->shift));
        *number >>= field->entry->shift;
    }
    const auto widest = field->mask() >> field->lsb;
    if (*number > widest) {
        return host::bad_input(fmt::format("{} does not fit {}", hex(*number), name),
                               fmt::format("it has bits {}", bits_of(*field)));
    }
    if (field->entry->values_exhaust && profile::meaning_of(*field->entry, *number) == nullptr) {
        return host::bad_input(fmt::format("{} is no legal value of {}", *number, name),
                               "legal: " + legal_values(*field->entry));
    }
    return (value & ~field->mask()) | *number << field->lsb;
}

}  // namespace tool
