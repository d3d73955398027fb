// The catalogue that is compiled in.
#pragma once

#include "msr/catalogue/model.hpp"

namespace msr::catalogue {

/// Constants: no start-up cost, valid for the program's life.
[[nodiscard]] const tables& built_in();

}  // namespace msr::catalogue
