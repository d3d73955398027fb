#include "lab/ring0/vmx_operation.hpp"

#include "lab/ring0/control_bits.hpp"
#include "lab/ring0/tap.hpp"
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/profile/cpuid_walk.hpp"
#include "msr/virt/vmx/readiness.hpp"

namespace msr::ring0 {
namespace {

using namespace virt::vmx;

/// A VMXON region or a VMCS: the CPU's own form behind the revision identifier.
struct alignas(4096) vmx_region {
    std::uint32_t revision;
    std::uint8_t rest[4092];
};

vmx_region vmxon_page;
vmx_region vmcs_page;

vmxon_verdict may_enter(const vmxon_region& region) {
    return may_execute_vmxon(profile::native_cpuid, native_bus{},
                             {.cr0 = read_cr0(), .cr4 = read_cr4(), .region = region});
}

/// What VMXON demands of IA32_FEATURE_CONTROL and the control registers, if the firmware has left it open.
bool open_vmx(const capabilities& has) {
    const auto done = ensure<ia32_feature_control>(native_bus{}, [](ia32_feature_control value) {
        return value.lock() ? value : value.enable_vmx_outside_smx_operation(true).lock(true);
    });
    write_cr0((read_cr0() | has.cr0_fixed0.raw()) & has.cr0_fixed1.raw());
    const auto vmxe = control_register_4{}.vmxe(true).raw();
    write_cr4((read_cr4() | vmxe | has.cr4_fixed0.raw()) & has.cr4_fixed1.raw());
    return done.has_value();
}

}  // namespace

bool enter_vmx_operation(const capabilities& has) {
    vmxon_page.revision = vmcs_page.revision = has.basic.vmcs_revision();
    const vmxon_region region{address_of(&vmxon_page), vmxon_page.revision};
    if (const auto before = may_enter(region); !before)
        note("VMXON would fail: ", hex{before.error().index}, " ", to_string(before.error().why));
    check(open_vmx(has), "IA32_FEATURE_CONTROL allows VMX, and is locked");
    const auto locked = write(native_bus{}, ia32_feature_control{});
    check(!locked && locked.error().index == ia32_feature_control::address, "and then refuses every write");
    const auto now = may_enter(region);
    check(now.has_value(), "VMXON may be executed: ", now ? text{"nothing is missing"} : to_string(now.error().why));
    const auto vmcs_address = address_of(&vmcs_page);
    return check(vmxon(region.address) && vmclear(vmcs_address) && vmptrld(vmcs_address), "VMXON, VMCLEAR, VMPTRLD");
}

void leave_vmx_operation() {
    vmxoff();
    write_cr4(control_register_4::from_raw(read_cr4()).vmxe(false).raw());
}

}  // namespace msr::ring0
