// What a write does to the machine beyond the register: resets it, stops the system on it, or lasts until reset.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/msr/values.hpp"

namespace tool {

/// "resets the machine"
[[nodiscard]] std::string_view danger_in_words(catalogue::danger what);

/// A sentence for each field of the register whose change is dangerous, and each lock that is set. `old` and `result`
/// are what it held and will hold; of a register that only takes writes, every write counts.
[[nodiscard]] std::vector<std::string> dangers(const layout& fields, std::uint64_t old, std::uint64_t result);

}  // namespace tool
