// Why a write would be refused, in words.
#pragma once

#include <string>

#include "msr/profile/check.hpp"

namespace tool {

/// "PA0 = 2 is no legal value (legal: 0 UC, 1 WC, …)"; "allowed" if nothing objects.
[[nodiscard]] std::string reason(const msr::profile::verdict& result, std::uint64_t value,
                                 const msr::catalogue::register_entry& entry);

/// "0 UC, 1 WC, 4 WT": the values that a field takes; empty where the catalogue does not list them.
[[nodiscard]] std::string legal_values(const msr::catalogue::field_entry& field);

}  // namespace tool
