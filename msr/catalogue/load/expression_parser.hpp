// Conditions and formulas as text, compiled to the form that evaluate.hpp runs.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "msr/catalogue/model.hpp"

namespace msr::catalogue::load {

using program = std::vector<instruction>;

/// Gives the program that a name stands for. For `field[4..0]`, msb and lsb are 4 and 0; else both are -1.
using name_resolver = std::function<std::expected<program, std::string>(std::string_view name, int msb, int lsb)>;

/// Compiles `and or not`, comparisons, `+ - * / ^`, numbers, `always` and names; an error says what and where.
/// `always` gives the empty program, and may only stand alone.
[[nodiscard]] std::expected<program, std::string> compile(std::string_view source, const name_resolver& names);

/// Whether the evaluator's stack is deep enough for a program.
[[nodiscard]] bool fits(expression code);

}  // namespace msr::catalogue::load
