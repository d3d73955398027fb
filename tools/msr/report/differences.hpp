// What differs between CPUs and should not.
#pragma once

#include <span>

#include "msr/host/machine.hpp"
#include "tools/msr/report/tree.hpp"
#include "tools/msr/session.hpp"

namespace tool::report {

/// Compares registers field by field: only what the catalogue calls constant counts, and only between CPUs of one kind
/// (in a hybrid part the kinds of core differ by design).
[[nodiscard]] section differences(const session& from, const host::readings& values);

}  // namespace tool::report
