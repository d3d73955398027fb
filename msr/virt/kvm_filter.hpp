// KVM's filter of a guest's RDMSR and WRMSR, with KVM's rules (Documentation/virt/kvm/api.rst, KVM_X86_SET_MSR_FILTER;
// arch/x86/kvm: kvm_vm_ioctl_set_msr_filter, kvm_msr_allowed, kvm_msr_user_space). They are the same in Linux 6.1 and
// 7.3. Freestanding; the memory is the caller's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>

#include "msr/core/fault.hpp"
#include "msr/core/view.hpp"
#include "msr/virt/intercept_map.hpp"

namespace msr::virt {

/// What KVM's interface fixes (arch/x86/include/uapi/asm/kvm.h).
struct kvm_filter_limits {
    static constexpr std::size_t ranges = 16;
    static constexpr std::size_t bitmap_bytes = 0x600;
    /// KVM copies bitmaps in whole words.
    static constexpr std::size_t bitmap_words = bitmap_bytes / sizeof(std::uint64_t);
    static constexpr std::uint32_t registers = bitmap_bytes * 8;  // in one range
};

/// A range: what it says of the registers base .. base + count - 1, one bit each, a one where the access is allowed.
struct kvm_filter_range {
    std::uint32_t flags = 0;          // the directions that it decides: the bits of `accesses`
    std::uint32_t base = 0;           // the first register
    std::uint32_t count = 0;          // of registers; 0: an empty slot, whatever else stands in it
    view<std::uint64_t> bitmap = {};  // register base + n: bit n % 64 of word n / 64
};

/// What became of one access, and what decided it.
struct kvm_filter_decision {
    enum class by : std::uint8_t {
        range,      // the first that covers the register in this direction
        otherwise,  // none does: the filter's default
        exemption,  // KVM filters no register of the x2APIC
    };

    bool allowed = true;
    by decided = by::otherwise;
    std::size_t range = 0;  // which, counted from 0

    friend constexpr bool operator==(const kvm_filter_decision&, const kvm_filter_decision&) = default;
};

/// Why KVM refuses a filter (with EINVAL; unreadable bitmaps with EFAULT).
struct kvm_filter_refusal {
    enum class reason : std::uint8_t {
        unknown_flags,        // of the filter
        denies_all,           // deny as default needs a range that is no empty slot
        too_many_ranges,      // the interface has no place for more
        unknown_range_flags,  // from here on: of one range
        no_direction,
        too_long,          // the bitmap would be of more than 600H bytes
        bitmap_too_short,  // for the range's count: KVM would read on in the caller's memory
    };

    reason why = reason::unknown_flags;
    std::size_t range = 0;  // which, counted from 0, if it is one range's fault

    /// Whether it is one range's fault.
    [[nodiscard]] constexpr bool of_range() const { return why >= reason::unknown_range_flags; }
    friend constexpr bool operator==(const kvm_filter_refusal&, const kvm_filter_refusal&) = default;
};

[[nodiscard]] text to_string(kvm_filter_refusal::reason why);

/// A filter as user space hands it to KVM. Also one that KVM would refuse: `validate` tells.
struct kvm_filter {
    static constexpr std::uint32_t denies_by_default = 1;  // KVM_MSR_FILTER_DEFAULT_DENY, the only flag

    std::uint32_t flags = 0;
    view<kvm_filter_range> ranges = {};  // KVM's table has further ones empty

    /// Whether KVM takes it: the first reason why not, in the order in which KVM looks.
    [[nodiscard]] std::expected<void, kvm_filter_refusal> validate() const;

    /// What KVM does with an access of the guest, if it takes the filter. A range whose end wraps around 32 bits covers
    /// nothing, in KVM as here.
    [[nodiscard]] kvm_filter_decision decide(std::uint32_t index, direction access) const;
    [[nodiscard]] bool allows(std::uint32_t index, direction access) const { return decide(index, access).allowed; }
};

/// Whether KVM filters accesses of the register at all: all but the 256 addresses of the x2APIC.
[[nodiscard]] bool is_filtered_by_kvm(std::uint32_t index);

/// What KVM makes of an access that is allowed: whether it knows the register, and takes the access.
enum class kvm_handling : std::uint8_t { done, refused, unknown };

/// The reason that user space is given with an exit: KVM_MSR_EXIT_REASON_*.
enum class kvm_exit_reason : std::uint32_t { none = 0, invalid = 1, unknown = 2, filtered = 4 };

/// What would be reported of an access, if user space asked for that reason (KVM_CAP_X86_USER_SPACE_MSR; else the guest
/// gets #GP). A filtered access is never looked at further: it is filtered, known or not.
[[nodiscard]] constexpr kvm_exit_reason exit_reason(bool allowed, kvm_handling handling) {
    if (!allowed) return kvm_exit_reason::filtered;
    switch (handling) {
        case kvm_handling::done: break;
        case kvm_handling::refused: return kvm_exit_reason::invalid;
        case kvm_handling::unknown: return kvm_exit_reason::unknown;
    }
    return kvm_exit_reason::none;
}

/// Room for any filter.
struct kvm_filter_storage {
    kvm_filter_range ranges[kvm_filter_limits::ranges];
    std::uint64_t words[kvm_filter_limits::ranges][kvm_filter_limits::bitmap_words];
};

/// What `pack` made.
struct packed_kvm_filter {
    kvm_filter filter;
    std::size_t left_out = 0;  // accesses of the list that the filter decides otherwise: allows() tells which
};

/// The filter that allows what is listed, in the stated directions, and denies all else, in the fewest ranges. The
/// registers must ascend; of one that does not, the index is the error. Where 16 ranges are too few, or KVM's rules
/// allow no such filter (it filters no x2APIC, and reaches no FFFFFFFFH), accesses are left out; none is allowed that
/// is not listed, the x2APIC's apart.
[[nodiscard]] std::expected<packed_kvm_filter, std::uint32_t> pack(view<passed_register> allowed,
                                                                   kvm_filter_storage& memory);

}  // namespace msr::virt
