// The form of a catalogue file: catalogue/schema.json, the same file that editors use.
#pragma once

#include "msr/catalogue/load/document.hpp"

namespace msr::catalogue::load {

/// Reports every departure from the schema, with its line. True if there is none.
[[nodiscard]] bool check_schema(const document& file, problems& found);

}  // namespace msr::catalogue::load
