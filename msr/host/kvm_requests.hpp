// KVM's requests that carry lists, with structures that C++ can size.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include <linux/kvm.h>
#include <sys/ioctl.h>

namespace msr::host::kvm {

// The kernel's structures end in arrays without a size, to which some versions of its header give C++ the wrong offset
// and the structure, hence the request's number, the wrong size. These are the same structures with room, and the
// requests with the size that they have in C.
inline constexpr std::size_t most_entries = 255;  // KVM_GET_MSRS and KVM_SET_MSRS refuse 256

struct register_batch {
    std::uint32_t count = 0;
    std::uint32_t padding = 0;
    std::array<kvm_msr_entry, most_entries> entries{};
};

struct cpuid_batch {
    std::uint32_t count = 256;  // KVM_MAX_CPUID_ENTRIES
    std::uint32_t padding = 0;
    std::array<kvm_cpuid_entry2, 256> entries{};
};

constexpr unsigned long with_size(unsigned long request, std::size_t size) {
    constexpr unsigned long size_bits = static_cast<unsigned long>(_IOC_SIZEMASK) << _IOC_SIZESHIFT;
    return (request & ~size_bits) | size << _IOC_SIZESHIFT;
}
inline constexpr auto get_registers = with_size(KVM_GET_MSRS, offsetof(register_batch, entries));
inline constexpr auto set_registers = with_size(KVM_SET_MSRS, offsetof(register_batch, entries));
inline constexpr auto get_supported_cpuid = with_size(KVM_GET_SUPPORTED_CPUID, offsetof(cpuid_batch, entries));
inline constexpr auto set_cpuid = with_size(KVM_SET_CPUID2, offsetof(cpuid_batch, entries));
inline constexpr auto get_register_list = with_size(KVM_GET_MSR_INDEX_LIST, sizeof(std::uint32_t));
inline constexpr auto get_feature_list = with_size(KVM_GET_MSR_FEATURE_INDEX_LIST, sizeof(std::uint32_t));

/// The argument of KVM_X86_SET_MSR_FILTER, of anything that has a filter's `flags` and `ranges`, and these their
/// `flags`, `base`, `count` and `bitmap`, which it refers to. Of more ranges than KVM has places for, the first.
template <class Filter>
[[nodiscard]] kvm_msr_filter kernel_filter(const Filter& from) {
    kvm_msr_filter made{};
    made.flags = from.flags;
    std::size_t at = 0;
    for (const auto& range : from.ranges) {
        if (at == std::size(made.ranges)) break;
        // KVM only reads it.
        auto* const bits = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(range.bitmap.data()));
        made.ranges[at++] = {.flags = range.flags, .nmsrs = range.count, .base = range.base, .bitmap = bits};
    }
    return made;
}

}  // namespace msr::host::kvm
