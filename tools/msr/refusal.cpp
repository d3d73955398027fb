#include "tools/msr/refusal.hpp"

#include <fmt/format.h>

#include "tools/msr/values.hpp"

namespace tool {

using profile::objection;

std::string legal_values(const catalogue::field_entry& field) {
    std::string result;
    if (field.values == nullptr) return result;
    for (const auto& one : field.values->values) {
        if (one.mask != ~std::uint64_t{0}) continue;
        result += fmt::format("{}{} {}", result.empty() ? "" : ", ", one.match, str(one.name));
    }
    return result;
}

std::string reason(const profile::verdict& result, std::uint64_t value, const catalogue::register_entry& entry) {
    const auto name = result.field != nullptr ? str(result.field->entry->name) : str(entry.name);
    switch (result.why) {
        case objection::register_read_only: return name + " is read-only";
        case objection::reserved_bits: return fmt::format("reserved bits {:#x} must be zero", result.bits);
        case objection::field_read_only:
            return fmt::format("{} is read-only, and has to be written back as it is", name);
        case objection::illegal_value: {
            const auto legal = legal_values(*result.field->entry);
            return fmt::format("{} = {} is no legal value{}", name, result.field->of(value),
                               legal.empty() ? legal : " (legal: " + legal + ")");
        }
        case objection::not_canonical: return fmt::format("{} is no canonical address", name);
        case objection::locked: return fmt::format("{} is locked", name);
        case objection::none: break;
    }
    return "allowed";
}

}  // namespace tool
