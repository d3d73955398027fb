// VMX's MSR bitmap (SDM 3 25.6.9): 4 KiB that decide which RDMSR and WRMSR of a guest exit. Freestanding.
#pragma once

#include "msr/virt/intercept_map.hpp"

namespace msr::virt::vmx {

/// Four parts of 1 KiB, one bit a register: reads of the low range, reads of the high, then writes of both.
struct msr_bitmap_layout {
    static constexpr std::size_t bytes = 4096;
    static constexpr std::uint32_t ranges[]{low_range, high_range};

    static constexpr std::size_t bit(std::size_t range, std::uint32_t offset, direction access) {
        const std::size_t part = access == direction::read ? range : range + count_of(ranges);
        return part * registers_in_range + offset;
    }
    static constexpr map_access access_of(std::size_t bit) {
        const auto part = bit / registers_in_range;
        const auto offset = static_cast<std::uint32_t>(bit % registers_in_range);
        const bool reads = part < count_of(ranges);
        return {ranges[part % count_of(ranges)] + offset, reads ? direction::read : direction::write};
    }
    static constexpr bool trusted_by_guest(std::uint32_t /*index*/) { return false; }
};

/// Its physical address goes into the VMCS; it counts while the control "use MSR bitmaps" is 1, and without it every
/// access exits.
using msr_bitmap = intercept_map<msr_bitmap_layout>;
static_assert(sizeof(msr_bitmap) == msr_bitmap_layout::bytes);

}  // namespace msr::virt::vmx
