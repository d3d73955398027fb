// Writes the catalogue as C++ constants: what the library looks things up in, with nothing to parse at start-up.
#pragma once

#include <string>

#include "msr/catalogue/model.hpp"

namespace msr::compiler {

/// The source of a translation unit that defines msr::catalogue::built_in().
[[nodiscard]] std::string tables_source(const catalogue::tables& tables);

}  // namespace msr::compiler
