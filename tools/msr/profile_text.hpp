// A CPU in words: a page, a profile file that reads back the same, JSON.
#pragma once

#include <string>

#include "tools/msr/cpu_source.hpp"
#include "tools/msr/values.hpp"

namespace tool {

/// Who made it, what it is called, its widths and counts, features, and registers that announce capabilities.
[[nodiscard]] std::string profile_page(const cpu_description& cpu, const catalogue::tables& facts);

/// A profile file. Leaves as they are, so that nothing is lost; what they mean stands above in comments.
[[nodiscard]] std::string profile_yaml(const cpu_description& cpu, const catalogue::tables& facts);

[[nodiscard]] json profile_json(const cpu_description& cpu, const catalogue::tables& facts);

}  // namespace tool
