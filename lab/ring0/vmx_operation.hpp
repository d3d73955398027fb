// Into VMX operation and out of it, and one entry of a guest. Freestanding.
#pragma once

#include "lab/ring0/general_registers.hpp"
#include "lab/ring0/vmcs.hpp"
#include "msr/virt/vmx/capabilities.hpp"

namespace msr::ring0 {

/// VMXON, with a VMCS that is current; says what it finds in TAP lines. False if the CPU refuses.
bool enter_vmx_operation(const virt::vmx::capabilities& has);
void leave_vmx_operation();

}  // namespace msr::ring0

extern "C" {
/// Enters the guest with these registers and comes back with them at its exit; false if it was not entered.
bool vmx_enter(msr::ring0::general_registers* general, bool again, msr::ring0::vmcs host_rsp,
               msr::ring0::vmcs host_rip);
}
