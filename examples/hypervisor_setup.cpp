// What a hypervisor asks the CPU before its first guest, and what it prepares: docs/embed-in-a-hypervisor.md explains
// it. Compiled freestanding, as a hypervisor would.

#include "msr/core/native.hpp"
#include "msr/profile/cpuid_walk.hpp"
#include "msr/registers/ia32_fs_base.hpp"
#include "msr/registers/ia32_gs_base.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_star.hpp"
#include "msr/virt/svm/capabilities.hpp"
#include "msr/virt/svm/msr_permission_map.hpp"
#include "msr/virt/svm/readiness.hpp"
#include "msr/virt/vmx/capabilities.hpp"
#include "msr/virt/vmx/msr_bitmap.hpp"
#include "msr/virt/vmx/msr_list.hpp"
#include "msr/virt/vmx/readiness.hpp"

namespace vmx = msr::virt::vmx;
namespace svm = msr::virt::svm;

namespace {

using pin = msr::vmx_pin_based_controls;
using primary = msr::vmx_primary_processor_based_controls;
using secondary = msr::vmx_secondary_processor_based_controls;
using exiting = msr::vmx_primary_exit_controls;
using entry = msr::vmx_entry_controls;

// This hypervisor cannot do without what is required, and makes use of what is optional.
constexpr vmx::control_request wanted{
    .required = {.pin_based = pin{}.external_interrupt_exiting(true).nmi_exiting(true),
                 .primary = primary{}.use_msr_bitmaps(true).hlt_exiting(true),
                 .secondary = secondary{}.enable_ept(true).unrestricted_guest(true),
                 .exit = exiting{}.host_address_space_size(true).save_ia32_efer(true).load_ia32_efer(true),
                 .entry = entry{}.ia_32e_mode_guest(true).load_ia32_efer(true)},
    .optional = {.pin_based = pin{}.virtual_nmis(true),
                 .secondary = secondary{}.enable_vpid(true).enable_rdtscp(true).enable_xsaves_xrstors(true),
                 .exit = exiting{}.load_ia32_pat(true),
                 .entry = entry{}.load_ia32_pat(true)},
};

// What the guest reaches itself: entries and exits switch it.
constexpr msr::virt::passed_register passed[]{{msr::ia32_fs_base::address}, {msr::ia32_gs_base::address}};

constinit vmx::msr_bitmap bitmap;
constinit svm::msr_permission_map permission_map;
constinit vmx::msr_list_entry guest_registers[8];
constinit vmx::msr_list_entry host_registers[8];

}  // namespace

/// What goes into the VMCS; nothing on a CPU that cannot run this hypervisor. `cr0` and `cr4` are the CPU's.
std::optional<vmx::controls> prepare_vmx(std::uint64_t cr0, std::uint64_t cr4) {
    msr::native_bus cpu;
    if (!vmx::may_execute_vmxon(msr::profile::native_cpuid, cpu, {.cr0 = cr0, .cr4 = cr4})) return {};
    const auto found = vmx::capabilities::read(cpu);
    if (!found) return {};
    const auto made = vmx::adjust(found->controls, wanted);
    if (!made) return {};  // made.error() names the control, and why
    if (!bitmap.pass(passed)) return {};

    // The VMCS has no field for these: exits save the guest's and load the host's, entries load the guest's.
    vmx::msr_list guest{guest_registers, vmx::list_use::saved_and_loaded, found->misc};
    vmx::msr_list host{host_registers, vmx::list_use::loaded, found->misc};
    for (const auto index : {msr::ia32_star::address, msr::ia32_lstar::address, msr::ia32_kernel_gs_base::address}) {
        const auto value = msr::raw_read(cpu, index);
        if (!value || !guest.set(index) || !host.set(index, *value)) return {};
    }
    return made->value;
}

/// Whether VMRUN can be executed, with the map ready. VMLOAD and VMSAVE carry over what is passed.
bool prepare_svm() {
    msr::native_bus cpu;
    if (!svm::may_execute_vmrun(msr::profile::native_cpuid, cpu)) return false;
    if (!svm::capabilities::read(msr::profile::native_cpuid).has<msr::cpuid::nested_paging>()) return false;
    return permission_map.pass(passed).has_value();
}
