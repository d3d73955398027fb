// What the JSON export says of CPUs and hypervisors, and how it spells texts and numbers.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "msr/catalogue/model.hpp"

namespace msr::compiler {

using json = nlohmann::ordered_json;

[[nodiscard]] std::string json_words(const text& words);
[[nodiscard]] json json_words(const view<text>& list);

/// Numbers of 64 bits are strings: 0x1b. Many readers of JSON keep 53 bits of a number.
[[nodiscard]] std::string json_hex(std::uint64_t value);

template <class Entry, class Write>
[[nodiscard]] json json_list(const view<Entry>& entries, Write write) {
    auto result = json::array();
    for (const auto& one : entries)
        result.push_back(write(one));
    return result;
}

/// What every entry with a name and a title begins with.
template <class Entry>
[[nodiscard]] json json_titled(const Entry& one) {
    return {{"name", json_words(one.name)}, {"title", json_words(one.title)}};
}

/// Adds profiles, models and intercept policies.
void add_behaviour(json& into, const catalogue::tables& all);

}  // namespace msr::compiler
