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

/// Adds profiles, models and intercept policies.
void add_behaviour(json& into, const catalogue::tables& all);

}  // namespace msr::compiler
