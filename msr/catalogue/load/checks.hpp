// What the loaded catalogue must satisfy as a whole.
#pragma once

#include "msr/catalogue/load/symbols.hpp"

namespace msr::catalogue::load {

/// Fields tile the register: every bit is accounted for on every CPU, and none twice on any. Names are used once.
void check_fields(const symbols& known, const tables& result, problems& found);

/// No two registers can stand at one address on one CPU; names and aliases tell registers apart.
void check_registers(const symbols& known, const tables& result, problems& found);

}  // namespace msr::catalogue::load
