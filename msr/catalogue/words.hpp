// The catalogue's own words for kinds, accesses, effects and the like: what its files say, and what tools print.
#pragma once

#include <cstdint>
#include <optional>

#include "msr/catalogue/model.hpp"

namespace msr::catalogue {

template <class Meaning>
struct word {
    text spelling;
    Meaning meaning;
};

template <class Meaning>
struct vocabulary;

template <>
struct vocabulary<access> {
    static constexpr word<access> words[]{{"rw", access::read_write},        {"ro", access::read_only},
                                          {"wo", access::write_only},        {"w1c", access::write_one_to_clear},
                                          {"w1s", access::write_one_to_set}, {"w0c", access::write_zero_to_clear}};
};

template <>
struct vocabulary<effect> {
    static constexpr word<effect> words[]{
        {"fault", effect::fault}, {"ignored", effect::ignored}, {"undefined", effect::undefined}};
};

template <>
struct vocabulary<scope> {
    static constexpr word<scope> words[]{{"thread", scope::thread},   {"core", scope::core},
                                         {"module", scope::module},   {"die", scope::die},
                                         {"package", scope::package}, {"platform", scope::platform}};
};

template <>
struct vocabulary<variation> {
    static constexpr word<variation> words[]{
        {"constant", variation::constant}, {"per_cpu", variation::per_cpu}, {"changing", variation::changing}};
};

template <>
struct vocabulary<use> {
    static constexpr word<use> words[]{{"everywhere", use::everywhere}, {"user_mode", use::user_mode}};
};

template <>
struct vocabulary<danger> {
    static constexpr word<danger> words[]{
        {"resets", danger::resets}, {"stops", danger::stops}, {"lasts", danger::lasts}};
};

template <>
struct vocabulary<field_kind> {
    static constexpr word<field_kind> words[]{{"number", field_kind::number},
                                              {"signed", field_kind::signed_number},
                                              {"linear_address", field_kind::linear_address},
                                              {"physical_address", field_kind::physical_address},
                                              {"mbz", field_kind::must_be_zero},
                                              {"ignored", field_kind::ignored},
                                              {"preserve", field_kind::preserve},
                                              {"reserved", field_kind::reserved},
                                              {"code", field_kind::code}};
};

template <class Meaning>
[[nodiscard]] constexpr text to_word(Meaning meaning) {
    for (const auto& one : vocabulary<Meaning>::words) {
        if (one.meaning == meaning) return one.spelling;
    }
    return {};
}

template <class Meaning, class Text>
[[nodiscard]] constexpr std::optional<Meaning> from_word(const Text& spelling) {
    for (const auto& one : vocabulary<Meaning>::words) {
        if (one.spelling == spelling) return one.meaning;
    }
    return std::nullopt;
}

}  // namespace msr::catalogue
