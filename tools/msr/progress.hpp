// A progress line for long reads: on a terminal only, on standard error, and gone when it is done.
#pragma once

#include <string_view>

#include "msr/host/machine.hpp"

namespace tool {

[[nodiscard]] msr::host::progress show_progress(std::string_view what);

}  // namespace tool
