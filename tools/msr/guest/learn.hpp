// The tightest policy that a run needed: what the guest did passes, and nothing else.
#pragma once

#include <string>

#include "msr/host/error.hpp"
#include "tools/msr/guest/registers.hpp"
#include "tools/msr/guest/tally.hpp"

namespace tool {

/// In the form of catalogue/policy_schema.json. A register passes in the directions in which the guest used it and was
/// not refused, where KVM has it; the others of the run are rows that say why they are intercepted. `cut_short`: by
/// what the run was, before the guest ended itself; empty: it was not. Errors: more than a policy can say.
[[nodiscard]] msr::host::outcome<std::string> learned_policy(const std::string& file, const std::string& cut_short,
                                                             const access_tally& tally, guest_registers& registers);

}  // namespace tool
