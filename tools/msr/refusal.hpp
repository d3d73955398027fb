// Why an access is refused, in words.
#pragma once

#include <string>

#include "msr/profile/behaviour.hpp"

namespace tool {

/// "IA32_PAT.PA0: 2 is a reserved memory type (legal: 0 UC, 1 WC, …)"; "allowed" if nothing objects. `value` is what
/// was to be written, `name` the register's.
[[nodiscard]] std::string reason(const msr::profile::verdict& result, std::uint64_t value, const std::string& name);

/// "0 UC, 1 WC, 4 WT": the values that a field takes; empty where the catalogue does not list them.
[[nodiscard]] std::string legal_values(const msr::catalogue::field_entry& field);

}  // namespace tool
