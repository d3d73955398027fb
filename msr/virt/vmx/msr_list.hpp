// The lists of registers that VM entries load, and VM exits save to and load (SDM 3 25.7.2, 25.8.2, 27.4, 28.4, 28.6).
// Freestanding; the memory is the caller's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>

#include "msr/catalogue/restore_order.hpp"
#include "msr/core/view.hpp"
#include "msr/registers/ia32_vmx_misc.hpp"
#include "msr/registers/ia32_x2apic_apicid.hpp"
#include "msr/registers/relations.hpp"

namespace msr::virt::vmx {

/// An entry as the CPU reads it.
struct alignas(16) msr_list_entry {
    std::uint32_t index = 0;
    std::uint32_t reserved = 0;
    std::uint64_t value = 0;

    friend constexpr bool operator==(const msr_list_entry&, const msr_list_entry&) = default;
};
static_assert(sizeof(msr_list_entry) == 16);

/// What the CPU does with a list: one for what an exit saves and the next entry loads is both.
enum class list_use : std::uint8_t { loaded, saved, saved_and_loaded };

/// Why a list cannot be made, or a register cannot stand in it.
struct list_refusal {
    enum class reason : std::uint8_t {
        not_loaded,      // entries and exits cannot load it: VM entry would fail, an exit end in a VMX abort
        not_saved,       // exits cannot save it
        full,            // the caller's memory has no more room
        over_the_limit,  // more than IA32_VMX_MISC recommends: what the CPU then does is undefined
        misaligned,      // the memory does not begin at a multiple of 16 bytes
        reserved_bits,   // an entry's bits 63:32 are not zero
    };

    std::uint32_t index = 0;  // of the register
    reason why = reason::not_loaded;
    std::uint32_t limit = 0;  // entries that there can be, where that is the reason
    std::uint32_t entry = 0;  // of a list that is there: which, counted from 1 as in the exit qualification

    friend constexpr bool operator==(const list_refusal&, const list_refusal&) = default;
};

[[nodiscard]] constexpr text to_string(list_refusal::reason why) {
    switch (why) {
        case list_refusal::reason::not_loaded: return "cannot be loaded by VM entries and exits";
        case list_refusal::reason::not_saved: return "cannot be saved by VM exits";
        case list_refusal::reason::full: return "the list's memory is full";
        case list_refusal::reason::over_the_limit: return "the list is longer than IA32_VMX_MISC allows";
        case list_refusal::reason::misaligned: return "the list's memory does not begin at a multiple of 16 bytes";
        case list_refusal::reason::reserved_bits: return "bits 63:32 of its entry are not zero";
    }
    return "unknown";
}

/// The type asks for it, but memory from an allocator is cast to the type.
[[nodiscard]] constexpr bool is_list_aligned(const msr_list_entry* first) {
    if consteval {
        return true;
    }
    return reinterpret_cast<std::uintptr_t>(first) % alignof(msr_list_entry) == 0;
}

/// The most entries that a list should have (SDM 3 A.6).
[[nodiscard]] constexpr std::uint32_t most_list_entries(ia32_vmx_misc misc) {
    return 512 * (misc.msr_list_length().value() + 1);
}

/// By whose rules. The manual forbids the addresses of the x2APIC to every list; KVM, as a guest's VMX, only while the
/// guest's local APIC is in x2APIC mode (arch/x86/kvm/vmx/nested.c, nested_vmx_msr_check_common).
enum class list_rules : std::uint8_t { manual, kvm_outside_x2apic_mode };

/// Whether a register may stand in a list: the reason why not.
[[nodiscard]] constexpr std::expected<void, list_refusal> may_stand_in_list(std::uint32_t index, list_use use,
                                                                            list_rules rules = list_rules::manual) {
    const bool of_x2apic = index >> 8 == ia32_x2apic_apicid::address >> 8;
    if (of_x2apic && rules == list_rules::kvm_outside_x2apic_mode) return {};
    for (const auto& range : msr_list_limits) {
        if (index < range.first || index > range.last) continue;
        if (use != list_use::saved && !range.loaded)
            return std::unexpected{list_refusal{index, list_refusal::reason::not_loaded}};
        if (use != list_use::loaded && !range.saved)
            return std::unexpected{list_refusal{index, list_refusal::reason::not_saved}};
    }
    return {};
}

/// Whether the CPU takes a list as it is, as one that a guest has made: the first fault, in the order in which the list
/// is worked through. That a value can be loaded is not looked at: it is as for WRMSR.
[[nodiscard]] constexpr std::expected<void, list_refusal> validate_list(view<msr_list_entry> entries, list_use use,
                                                                        ia32_vmx_misc misc,
                                                                        list_rules rules = list_rules::manual) {
    using reason = list_refusal::reason;
    const auto most = most_list_entries(misc);
    if (entries.size() > most) return std::unexpected{list_refusal{.why = reason::over_the_limit, .limit = most}};
    if (!is_list_aligned(entries.data())) return std::unexpected{list_refusal{.why = reason::misaligned}};
    std::uint32_t number = 0;
    for (const auto& one : entries) {
        ++number;
        if (one.reserved != 0)
            return std::unexpected{list_refusal{.index = one.index, .why = reason::reserved_bits, .entry = number}};
        if (auto possible = may_stand_in_list(one.index, use, rules); !possible) {
            possible.error().entry = number;
            return possible;
        }
    }
    return {};
}

/// A list over the caller's memory, whose physical address and `size()` go into the VMCS. Whether a value can be loaded
/// is as for WRMSR: what would fault there makes VM entry fail here.
class msr_list {
  public:
    /// Room for `room` entries, of which at most as many are used as the CPU recommends.
    constexpr msr_list(msr_list_entry* first, std::size_t room, list_use use, ia32_vmx_misc misc)
        : first_{first}, room_{room}, most_{most_list_entries(misc)}, use_{use} {}
    template <std::size_t N>
    constexpr msr_list(msr_list_entry (&memory)[N], list_use use, ia32_vmx_misc misc)
        : msr_list{memory, N, use, misc} {}

    /// Adds a register, or gives one that is there another value.
    [[nodiscard]] constexpr std::expected<void, list_refusal> set(std::uint32_t index, std::uint64_t value = 0) {
        if (!is_list_aligned(first_)) return refuse(index, list_refusal::reason::misaligned);
        if (auto possible = may_stand_in_list(index, use_); !possible) return possible;
        if (auto* const there = find(index)) {
            there->value = value;
            return {};
        }
        if (size_ == most_) return refuse(index, list_refusal::reason::over_the_limit, most_);
        if (size_ == room_) return refuse(index, list_refusal::reason::full, static_cast<std::uint32_t>(room_));
        first_[size_++] = {.index = index, .reserved = 0, .value = value};
        return {};
    }

    /// The register's entry: after an exit it holds what was saved. Null if it is not in the list.
    [[nodiscard]] constexpr msr_list_entry* find(std::uint32_t index) {
        for (std::uint32_t at = 0; at < size_; ++at) {
            if (first_[at].index == index) return &first_[at];
        }
        return nullptr;
    }

    /// Puts the entries into an order in which their values can be loaded, one after another as the CPU does it: what
    /// has to be there before another comes before it, the rest stays as it was added.
    constexpr void order(const catalogue::tables& facts) {
        for (std::uint32_t at = 1; at < size_; ++at) {
            const auto moved = first_[at];
            const auto rank = catalogue::restore_rank(facts, moved.index);
            auto to = at;
            for (; to > 0 && catalogue::restore_rank(facts, first_[to - 1].index) > rank; --to)
                first_[to] = first_[to - 1];
            first_[to] = moved;
        }
    }

    /// The count for the VMCS.
    [[nodiscard]] constexpr std::uint32_t size() const { return size_; }
    [[nodiscard]] constexpr view<msr_list_entry> entries() const { return {first_, size_}; }

  private:
    static constexpr std::expected<void, list_refusal> refuse(std::uint32_t index, list_refusal::reason why,
                                                              std::uint32_t limit = 0) {
        return std::unexpected{list_refusal{index, why, limit}};
    }

    msr_list_entry* first_;
    std::size_t room_;
    std::uint32_t most_;
    std::uint32_t size_ = 0;
    list_use use_;
};

}  // namespace msr::virt::vmx
