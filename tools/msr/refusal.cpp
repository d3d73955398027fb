#include "tools/msr/refusal.hpp"

#include <bit>
#include <cctype>

#include <fmt/format.h>

#include "tools/msr/values.hpp"

namespace tool {

using profile::objection;

namespace {

std::string plural_of_bits(std::uint64_t bits) {
    const auto single = std::has_single_bit(bits);
    return single ? fmt::format("reserved bit {} must be zero", std::countr_zero(bits))
                  : fmt::format("reserved bits {:#x} must be zero", bits);
}

std::string illegal_value(const profile::verdict& result, std::uint64_t value) {
    // A condition over the whole register.
    if (result.field == nullptr) return fmt::format("{:#x} is no legal value of it", value);
    const auto& field = *result.field;
    const auto raw = (value & result.bits) >> result.lsb;
    auto kind = field.values != nullptr ? str(field.values->title) : std::string{};
    if (kind.empty()) return fmt::format("{} is no legal value", raw);
    kind.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(kind.front())));
    return fmt::format("{} is a reserved {} (legal: {})", raw, kind, legal_values(field));
}

std::string objection_in_words(const profile::verdict& result, std::uint64_t value) {
    switch (result.why) {
        case objection::absent: return "this CPU has no such register";
        case objection::register_read_only: return "it is read-only";
        case objection::register_write_only: return "it is write-only";
        case objection::reserved_bits: return plural_of_bits(result.bits);
        case objection::field_read_only:
            return fmt::format("bits {:#x} are read-only, and have to be written back as they are", result.bits);
        case objection::illegal_value: return illegal_value(result, value);
        case objection::not_canonical: return fmt::format("{:#x} is no canonical address", value & result.bits);
        case objection::locked: return "it is locked";
        case objection::rule: return str(result.words);
        case objection::none: break;
    }
    return "allowed";
}

}  // namespace

std::string legal_values(const catalogue::field_entry& field) {
    std::string result;
    if (field.values == nullptr) return result;
    for (const auto& one : field.values->values) {
        if (one.mask != ~std::uint64_t{0}) continue;
        result += fmt::format("{}{} {}", result.empty() ? "" : ", ", one.match, str(one.name));
    }
    return result;
}

std::string reason(const profile::verdict& result, std::uint64_t value, const std::string& name) {
    auto words = objection_in_words(result, value);
    if (!result.faults()) return words;
    if (result.field == nullptr) return fmt::format("{}: {}", name, words);
    return fmt::format("{}.{}: {}", name, str(result.field->name), words);
}

}  // namespace tool
