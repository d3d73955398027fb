// Whether a write to a machine's register would be refused.
#pragma once

#include "msr/profile/behaviour.hpp"
#include "tools/msr/session.hpp"

namespace tool {

/// What a WRMSR of `value` does on a CPU where the register holds `old`. Rules that depend on other registers read them
/// from `machine`, on CPU `number`; null where there is none.
[[nodiscard]] profile::verdict check_write(const catalogue::target& what, const profile::profile& cpu,
                                           std::uint64_t old, std::uint64_t value, host::machine* machine,
                                           std::uint32_t number);

}  // namespace tool
