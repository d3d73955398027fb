// A recorded machine that ships with msrkit: what the report shows where no registers can be read at all.
#pragma once

#include <string_view>

namespace tool {

/// The text of a snapshot.
[[nodiscard]] std::string_view recorded_machine();

}  // namespace tool
