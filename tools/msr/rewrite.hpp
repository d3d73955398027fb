// Whether a register may be written with its own value merely to see what that costs.
#pragma once

#include <string>

#include "tools/msr/values.hpp"

namespace tool {

/// Why not; empty if nothing that the catalogue knows speaks against it. Stricter than what `msr write` refuses: only
/// registers of one thread whose fields just hold what is written to them. `value` is what the register holds; rules
/// that depend on other registers read them from `machine` (may be null), on CPU `number`.
[[nodiscard]] std::string why_not_rewritten(const catalogue::target& what, const profile::profile& cpu,
                                            std::uint64_t value, host::machine* machine, std::uint32_t number);

}  // namespace tool
