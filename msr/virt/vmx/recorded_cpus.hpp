// For tests: what real CPUs say of VMX. Registers that are not here fault there.
#pragma once

#include "msr/host/simulated.hpp"
#include "msr/virt/vmx/capabilities.hpp"

namespace msr::virt::vmx {

/// Core 2 Duo T7600 (Merom), the first generation: no registers of the default1 class, no secondary controls,
/// structures below 4 Gbytes. VirtualBox's record of it (CPU database, Intel_Core2_T7600_2_33GHz.h).
inline host::simulated_cpu core2_t7600() {
    return host::simulated_cpu{{{ia32_vmx_basic::address, 0x1B040000000005},
                                {ia32_vmx_pinbased_ctls::address, 0x1F00000016},
                                {ia32_vmx_procbased_ctls::address, 0x7781FFFE0401E172},
                                {ia32_vmx_exit_ctls::address, 0x3EDFF00036DFF},
                                {ia32_vmx_entry_ctls::address, 0x1DFF000011FF},
                                {ia32_vmx_misc::address, 0x403C0},
                                {ia32_vmx_cr0_fixed0::address, 0x80000021},
                                {ia32_vmx_cr0_fixed1::address, 0xFFFFFFFF},
                                {ia32_vmx_cr4_fixed0::address, 0x2000},
                                {ia32_vmx_cr4_fixed1::address, 0x27FF}}};
}

/// A CPU of the Westmere generation: EPT, VPID and unrestricted guests, but no VM functions. RDMSR by the developers of
/// XMHF64, in their notes on IA32_VMX_VMFUNC.
inline host::simulated_cpu westmere() {
    return host::simulated_cpu{{{ia32_vmx_basic::address, 0xDA04000000000F},
                                {ia32_vmx_pinbased_ctls::address, 0x7F00000016},
                                {ia32_vmx_procbased_ctls::address, 0xFFF9FFFE0401E172},
                                {ia32_vmx_exit_ctls::address, 0x7FFFFF00036DFF},
                                {ia32_vmx_entry_ctls::address, 0xFFFF000011FF},
                                {ia32_vmx_misc::address, 0x401E7},
                                {ia32_vmx_cr0_fixed0::address, 0x80000021},
                                {ia32_vmx_cr0_fixed1::address, 0xFFFFFFFF},
                                {ia32_vmx_cr4_fixed0::address, 0x2000},
                                {ia32_vmx_cr4_fixed1::address, 0x267FF},
                                {ia32_vmx_procbased_ctls2::address, 0xFF00000000},
                                {ia32_vmx_ept_vpid_cap::address, 0xF0106114141},
                                {ia32_vmx_true_pinbased_ctls::address, 0x7F00000016},
                                {ia32_vmx_true_procbased_ctls::address, 0xFFF9FFFE04006172},
                                {ia32_vmx_true_exit_ctls::address, 0x7FFFFF00036DFB},
                                {ia32_vmx_true_entry_ctls::address, 0xFFFF000011FB}}};
}

}  // namespace msr::virt::vmx
