// The map for a guest's own guest (L2), from the one that the guest (L1) gave it and the hypervisor's for L1: an access
// of L2 reaches the hardware only where both let it. Freestanding.
#pragma once

#include "msr/registers/ia32_x2apic_apicid.hpp"
#include "msr/registers/ia32_x2apic_eoi.hpp"
#include "msr/registers/ia32_x2apic_self_ipi.hpp"
#include "msr/registers/ia32_x2apic_tpr.hpp"
#include "msr/virt/svm/msr_permission_map.hpp"
#include "msr/virt/vmx/msr_bitmap.hpp"

namespace msr::virt {

/// What L1's VM-execution controls for L2 say of the local APIC.
struct nested_apic {
    bool virtualize_x2apic = false;
    bool register_virtualization = false;
    bool interrupt_delivery = false;
};

namespace detail {

// The addresses of the local APIC in x2APIC mode (SDM 3 11.12.1.2).
inline constexpr std::uint32_t x2apic_registers = 0x100;
inline constexpr std::uint32_t first_x2apic = ia32_x2apic_apicid::address & ~(x2apic_registers - 1);

constexpr void take(vmx::msr_bitmap& into, const vmx::msr_bitmap& from, std::uint32_t index, direction access) {
    const auto which = access == direction::read ? accesses::reads : accesses::writes;
    // The addresses are all covered.
    if (!from.intercepts(index, access)) static_cast<void>(into.pass(index, which));
}

}  // namespace detail

/// Elsewhere the union of both. The x2APIC registers are L1's affair alone where the CPU answers L2 from the page that
/// L1 gave it, and exit otherwise: ours is about the page of L1 (SDM 3 30.5).
[[nodiscard]] constexpr vmx::msr_bitmap nested_map(const vmx::msr_bitmap& ours, const vmx::msr_bitmap& of_l1,
                                                   const nested_apic& apic) {
    using enum direction;
    auto result = ours;
    result |= of_l1;
    const auto last = detail::first_x2apic + detail::x2apic_registers - 1;
    static_cast<void>(result.intercept(detail::first_x2apic, last, accesses::both));
    if (!apic.virtualize_x2apic) return result;
    if (apic.register_virtualization) {
        for (auto index = detail::first_x2apic; index <= last; ++index)
            detail::take(result, of_l1, index, read);
    }
    detail::take(result, of_l1, ia32_x2apic_tpr::address, read);
    detail::take(result, of_l1, ia32_x2apic_tpr::address, write);
    if (apic.interrupt_delivery) {
        detail::take(result, of_l1, ia32_x2apic_eoi::address, write);
        detail::take(result, of_l1, ia32_x2apic_self_ipi::address, write);
    }
    return result;
}

/// SVM has no such exception: the union of both (APM 2 15.11).
[[nodiscard]] constexpr svm::msr_permission_map nested_map(const svm::msr_permission_map& ours,
                                                           const svm::msr_permission_map& of_l1) {
    auto result = ours;
    result |= of_l1;
    return result;
}

}  // namespace msr::virt
