// One line of a trace of switches (docs/switch-traces.md), for kernels and hypervisors that log theirs. Freestanding.
#pragma once

#include <cstdint>

#include "msr/profile/behaviour.hpp"
#include "msr/profile/profile.hpp"

namespace msr::context {

/// Writes "CPU EVENT WHO ADDRESS=VALUE …" and a line feed into `storage`, and returns what is in it: empty where it has
/// no room for the whole line. `event` is a word such as "switch"; `who` is a name without blanks, or empty.
[[nodiscard]] text trace_line(profile::buffer<char> storage, std::uint32_t cpu, text event, text who,
                              view<profile::known_register> registers);

}  // namespace msr::context
