// The forms of catalogue files: catalogue/schema.json, profile_schema.json, policy_schema.json and
// verdicts_schema.json, the same files that editors use.
#pragma once

#include "msr/catalogue/load/document.hpp"

namespace msr::catalogue::load {

enum class form : std::uint8_t { catalogue, profile, policy, verdicts };

/// Reports every departure from the schema of a form, with its line. True if there is none.
[[nodiscard]] bool check_schema(const document& file, form expected, problems& found);

}  // namespace msr::catalogue::load
