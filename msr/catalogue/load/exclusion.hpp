// Whether two conditions can hold on one CPU: what makes a second register at an address, or a second meaning of a bit,
// a contradiction.
#pragma once

#include "msr/catalogue/model.hpp"

namespace msr::catalogue::load {

/// True unless it is certain that the conditions exclude each other. It tries every combination of what they mention:
/// vendors, processors, features, quantities and register bits. Conditions that mention too much to try count as able
/// to hold at once.
[[nodiscard]] bool can_both_hold(expression one, expression other, const tables& known);

/// The same for any number of conditions at once.
[[nodiscard]] bool can_all_hold(view<expression> conditions, const tables& known);

}  // namespace msr::catalogue::load
