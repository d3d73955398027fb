// Conditions and formulas in words again: for pages, reasons and messages.
#pragma once

#include <string>

#include "msr/catalogue/model.hpp"

namespace msr::catalogue {

/// As a catalogue file would write it, with the fewest parentheses; "always" for the empty condition.
/// `self` names the bits of the register that the expression belongs to.
[[nodiscard]] std::string to_text(expression code, const tables& facts, const register_entry* self = nullptr);

}  // namespace msr::catalogue
