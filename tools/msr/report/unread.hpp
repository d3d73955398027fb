// What could not be read, and why.
#pragma once

#include "msr/host/machine.hpp"
#include "tools/msr/report/tree.hpp"
#include "tools/msr/session.hpp"

namespace tool::report {

/// A row for each cause, with the registers by name.
[[nodiscard]] section unread(const session& from, const host::readings& values);

}  // namespace tool::report
