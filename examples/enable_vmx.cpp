// Ring 0, in any kernel: VMX made ready in IA32_FEATURE_CONTROL, and locked. Freestanding headers only.

#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_feature_control.hpp"

/// Zero if VMX can be entered outside SMX afterwards; else the register that refused. The kernel's #GP handler calls
/// msr::recover for an access that faults; see msr/core/recovery.hpp.
extern "C" unsigned enable_vmx() {
    msr::native_bus cpu;
    // One RDMSR, and one WRMSR only if something changes: writing a locked register faults, even the same value.
    const auto done = msr::ensure<msr::ia32_feature_control>(cpu, [](msr::ia32_feature_control value) {
        return value.lock() ? value : value.enable_vmx_outside_smx_operation(true).lock(true);
    });
    if (!done) return done.error().index;
    const auto now = msr::read<msr::ia32_feature_control>(cpu);
    return now && now->enable_vmx_outside_smx_operation() ? 0 : msr::ia32_feature_control::address;
}
