// Whether a register may exist on a processor of which only family and model are known.
#pragma once

#include "compiler/audit/claims.hpp"
#include "msr/catalogue/model.hpp"

namespace msr::audit {

/// Whether the condition can hold there: features, quantities and other registers may be as they like.
[[nodiscard]] bool can_hold(catalogue::expression condition, const cpu_model& on, const catalogue::tables& facts);

}  // namespace msr::audit
