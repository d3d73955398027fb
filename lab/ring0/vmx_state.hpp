// Where each world stands at an entry and an exit, for the VMCS. The guest begins where the hypervisor is: 64-bit ring
// 0, with the image's own pages and tables, but another program and stack. Freestanding.
#pragma once

#include <cstdint>

#include "msr/virt/vmx/capabilities.hpp"

namespace msr::ring0 {

// Each is false if the CPU refuses a field.

/// The registers that the VMCS has no fields for: exits save the guest's and load the hypervisor's, entries load the
/// guest's.
[[nodiscard]] bool write_lists(const virt::vmx::capabilities& has);
/// Where an exit goes: the program that is running now, with its registers, pages and tables.
[[nodiscard]] bool write_host_state();
/// Where the first entry goes: `program`, with its stack at `stack`.
[[nodiscard]] bool write_guest_state(std::uint64_t program, std::uint64_t stack);

}  // namespace msr::ring0
