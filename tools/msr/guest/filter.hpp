// What of a guest's registers KVM answers, and what leaves for user space.
#pragma once

#include "msr/host/kvm_guest.hpp"
#include "tools/msr/intercept_case.hpp"

namespace tool {

/// Accesses that the policy lets pass are left to KVM; all others leave. Null: all leave. Errors: KVM cannot do it, or
/// the policy lets more pass than a filter can say.
[[nodiscard]] host::outcome<void> install_filter(host::kvm_guest& guest, const intercept_case* policy);

}  // namespace tool
