#include "tools/msr/values.hpp"

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace tool {

namespace {

// Numbers of more bits are addresses, masks or counters, and read better in hexadecimal.
constexpr int widest_decimal = 16;

std::string number(const profile::decoded_field& decoded) {
    const auto& field = decoded.field;
    switch (field.entry->kind) {
        case catalogue::field_kind::linear_address:
        case catalogue::field_kind::physical_address: return hex(profile::address_of(field, decoded.raw));
        case catalogue::field_kind::code: return hex(decoded.raw);
        case catalogue::field_kind::signed_number: {
            const auto unused = 63U - static_cast<unsigned>(field.msb - field.lsb);
            return fmt::format("{}", static_cast<std::int64_t>(decoded.raw << unused) >> unused);
        }
        default: break;
    }
    return field.msb - field.lsb < widest_decimal ? fmt::format("{}", decoded.raw) : hex(decoded.raw);
}

}  // namespace

layout::layout(const catalogue::register_entry& entry, const profile::profile& cpu)
    : storage_(entry.fields.size()), resolved_{profile::resolve(entry, cpu, storage_.data())} {}

layout::layout(const catalogue::register_entry& entry, const catalogue::tables& facts)
    : storage_(entry.fields.size()), resolved_{profile::resolve_for_any(entry, facts, storage_.data())} {}

std::string hex(std::uint64_t value) {
    return fmt::format("{:#x}", value);
}

std::string with_unit(double value, std::string_view unit) {
    struct prefix {
        double factor;
        std::string_view name;
    };
    static constexpr std::array prefixes{prefix{1e9, "G"},  prefix{1e6, "M"},  prefix{1e3, "k"}, prefix{1, ""},
                                         prefix{1e-3, "m"}, prefix{1e-6, "u"}, prefix{1e-9, "n"}};
    // Temperatures and ratios are not given in thousands.
    const bool scales = unit == "s" || unit == "W" || unit == "J" || unit == "Hz" || unit == "V" || unit == "B";
    if (unit.empty()) return fmt::format("{:.6g}", value);
    if (!scales || value == 0) return fmt::format("{:.6g} {}", value, unit);
    for (const auto& [factor, name] : prefixes) {
        if (std::abs(value) >= factor) return fmt::format("{:.6g} {}{}", value / factor, name, unit);
    }
    return fmt::format("{:.3g} {}", value, unit);
}

std::string words(const profile::decoded_field& decoded, std::uint64_t value, const profile::profile* cpu) {
    if (decoded.meaning != nullptr) return str(decoded.meaning->name);
    const auto& entry = *decoded.field.entry;
    if (cpu != nullptr && !entry.value.empty()) {
        const auto scaled = profile::scaled(entry, value, *cpu);
        if (scaled.known) return with_unit(scaled.value, entry.unit);
        return fmt::format("{} (its unit could not be read)", number(decoded));
    }
    const auto plain = number(decoded);
    return entry.unit.empty() || !entry.value.empty() ? plain : plain + " " + str(entry.unit);
}

std::string summary(const layout& fields, std::uint64_t value, const profile::profile* cpu) {
    std::string result;
    profile::decode(*fields, value, [&](const profile::decoded_field& decoded) {
        const bool says_something = decoded.raw != 0 || decoded.meaning != nullptr;
        if (!says_something) return;
        result += (result.empty() ? "" : " ") + str(decoded.field.entry->name) + "=" + words(decoded, value, cpu);
    });
    return result;
}

std::uint64_t impossible_bits(const layout& fields, std::uint64_t value) {
    if (fields->entry->access == catalogue::access::read_only) return 0;
    auto result = value & fields->must_be_zero;
    for (const auto& field : fields->fields)
        result &= ~field.mask();
    return result;
}

std::string bits_of(const profile::resolved_field& field) {
    return field.msb == field.lsb ? fmt::format("{}", field.msb) : fmt::format("{}..{}", field.msb, field.lsb);
}

json to_json(const layout& fields, std::uint64_t value, const profile::profile* cpu) {
    auto result = json::object();
    profile::decode(*fields, value, [&](const profile::decoded_field& decoded) {
        const auto& entry = *decoded.field.entry;
        json one{{"bits", bits_of(decoded.field)}, {"raw", hex(decoded.raw)}};
        if (decoded.meaning != nullptr) {
            one["meaning"] = str(decoded.meaning->name);
            if (!decoded.meaning->title.empty()) one["meaning_title"] = str(decoded.meaning->title);
        }
        if (cpu != nullptr && !entry.value.empty()) {
            const auto scaled = profile::scaled(entry, value, *cpu);
            if (scaled.known) one["value"] = scaled.value;
        }
        if (!entry.unit.empty()) one["unit"] = str(entry.unit);
        result[str(entry.name)] = std::move(one);
    });
    return result;
}

void print_fields(const layout& fields, std::uint64_t value, const profile::profile* cpu) {
    profile::decode(*fields, value, [&](const profile::decoded_field& decoded) {
        const auto& entry = *decoded.field.entry;
        auto title = str(entry.title);
        if (decoded.meaning != nullptr && !decoded.meaning->title.empty()) {
            title += (title.empty() ? "" : ": ") + str(decoded.meaning->title);
        }
        fmt::print("    {:>7}  {:28} {:<18} {}\n", bits_of(decoded.field), std::string_view{entry.name},
                   words(decoded, value, cpu), title);
    });
}

std::string_view cause_word(msr::cause why) {
    switch (why) {
        case msr::cause::refused: return "refused";
        case msr::cause::not_recorded: return "not_recorded";
        case msr::cause::not_permitted: return "not_permitted";
        case msr::cause::cpu_offline: return "cpu_offline";
        case msr::cause::no_such_member: return "no_such_member";
        case msr::cause::device_failed: return "device_failed";
    }
    return "unknown";
}

void print(const json& document) {
    fmt::print("{}\n", document.dump(2));
}

}  // namespace tool
