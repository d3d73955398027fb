// SVM's MSR permission map (APM 2 15.11): 8 KiB that decide which RDMSR and WRMSR of a guest exit. Freestanding.
#pragma once

#include "msr/registers/sev_status.hpp"
#include "msr/virt/intercept_map.hpp"

namespace msr::virt::svm {

/// A part of 2 KiB for each range, two bits a register: its reads, then its writes. A fourth part is reserved; its bits
/// stay set.
struct msr_permission_map_layout {
    static constexpr std::size_t bytes = 8192;
    static constexpr std::uint32_t ranges[]{low_range, high_range, amd_range};

    static constexpr std::size_t bit(std::size_t range, std::uint32_t offset, direction access) {
        return 2 * (range * registers_in_range + offset) + (access == direction::read ? 0 : 1);
    }
    static constexpr map_access access_of(std::size_t bit) {
        const auto offset = static_cast<std::uint32_t>(bit / 2 % registers_in_range);
        return {ranges[bit / 2 / registers_in_range] + offset, bit % 2 == 0 ? direction::read : direction::write};
    }
    /// What tells a guest whether it is encrypted is not the hypervisor's to answer (APM 2 15.34.10).
    static constexpr bool trusted_by_guest(std::uint32_t index) { return index == sev_status::address; }
};

/// Its physical address goes into the VMCB, in two pages that follow each other; it counts while the VMCB's intercept
/// MSR_PROT is 1, and without it no access exits.
using msr_permission_map = intercept_map<msr_permission_map_layout>;
static_assert(sizeof(msr_permission_map) == msr_permission_map_layout::bytes);

}  // namespace msr::virt::svm
