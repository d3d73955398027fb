// Whether VMXON can be executed, and if not, which step before it is missing (SDM 3 24.6 to 24.8, 31.3 VMXON, A.1, A.7,
// A.8). Freestanding.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "msr/core/access.hpp"
#include "msr/registers/cpuid.hpp"
#include "msr/registers/ia32_feature_control.hpp"
#include "msr/registers/ia32_vmx_basic.hpp"
#include "msr/registers/ia32_vmx_cr0_fixed0.hpp"
#include "msr/registers/ia32_vmx_cr0_fixed1.hpp"
#include "msr/registers/ia32_vmx_cr4_fixed0.hpp"
#include "msr/registers/ia32_vmx_cr4_fixed1.hpp"
#include "msr/registers/layouts/control_register_0.hpp"
#include "msr/virt/cpuid_source.hpp"

namespace msr::virt::vmx {

/// The VMXON region: its physical address, and the revision identifier in its first four bytes.
struct vmxon_region {
    std::uint64_t address = 0;
    std::uint32_t revision = 0;
};

/// What VMXON depends on besides registers. What is not given is not judged: a snapshot does not hold it.
struct vmxon_state {
    std::optional<std::uint64_t> cr0;
    std::optional<std::uint64_t> cr4;
    std::optional<vmxon_region> region;
    bool in_smx = false;  // after GETSEC[SENTER]
};

struct vmxon_obstacle {
    enum class reason : std::uint8_t {
        not_announced,     // CPUID.01H:ECX.VMX is 0
        smx_not_there,     // inside SMX operation is asked for, and CPUID.01H:ECX.SMX is 0
        not_known,         // a register could not be read
        locked_out,        // IA32_FEATURE_CONTROL is locked without it: only firmware can allow it, at a reset
        not_enabled,       // IA32_FEATURE_CONTROL is not locked: set the enable, then the lock
        not_locked,        // IA32_FEATURE_CONTROL enables it: set the lock
        no_region_size,    // IA32_VMX_BASIC gives a VMXON region no size, or more than a page
        no_memory_type,    // IA32_VMX_BASIC wants a memory type that is neither write-back nor uncacheable
        vmxe_never,        // IA32_VMX_CR4_FIXED1 does not let CR4.VMXE be 1
        cr0_clear,         // bits of CR0 that have to be 1
        cr0_set,           // bits of CR0 that have to be 0
        cr4_clear,         // bits of CR4 that have to be 1, VMXE among them
        cr4_set,           // bits of CR4 that have to be 0
        region_alignment,  // the region does not begin a page
        region_beyond,     // the region's address has bits that the CPU, or IA32_VMX_BASIC, does not allow
        region_revision,   // the region does not begin with IA32_VMX_BASIC's revision identifier
    };

    reason why = reason::not_announced;
    std::uint32_t index = 0;  // the register that says so; 0: none does
    std::uint64_t bits = 0;   // of CR0, CR4 or the address, where the reason is about some
    msr::cause cause = {};    // why it is not known

    friend constexpr bool operator==(const vmxon_obstacle&, const vmxon_obstacle&) = default;
};

[[nodiscard]] constexpr text to_string(vmxon_obstacle::reason why) {
    using reason = vmxon_obstacle::reason;
    switch (why) {
        case reason::not_announced: return "the CPU does not announce it";
        case reason::smx_not_there: return "the CPU has no SMX operation";
        case reason::not_known: return "cannot be read";
        case reason::locked_out: return "locked without VMX: only firmware can allow it, at a reset";
        case reason::not_enabled: return "not locked: VMXON faults until the system sets the enable and then the lock";
        case reason::not_locked: return "allows VMX but is not locked: VMXON faults until it is";
        case reason::no_region_size: return "gives a VMXON region no size";
        case reason::no_memory_type: return "wants a memory type that is neither write-back nor uncacheable";
        case reason::vmxe_never: return "does not let CR4.VMXE be set";
        case reason::cr0_clear: return "bits of CR0 are 0 that have to be 1";
        case reason::cr0_set: return "bits of CR0 are 1 that have to be 0";
        case reason::cr4_clear: return "bits of CR4 are 0 that have to be 1";
        case reason::cr4_set: return "bits of CR4 are 1 that have to be 0";
        case reason::region_alignment: return "the VMXON region does not begin a page";
        case reason::region_beyond: return "the VMXON region lies beyond the addresses that it may have";
        case reason::region_revision: return "the VMXON region does not begin with the revision identifier";
    }
    return "unknown";
}

/// The bits of CR0 that are 1 while a guest runs. An unrestricted guest may do without protection and paging (SDM 3
/// A.7).
[[nodiscard]] constexpr std::uint64_t guest_cr0_fixed0(ia32_vmx_cr0_fixed0 fixed, bool unrestricted) {
    const auto spared = control_register_0{}.pe(true).pg(true).raw();
    return unrestricted ? fixed.raw() & ~spared : fixed.raw();
}

using vmxon_verdict = std::expected<void, vmxon_obstacle>;

namespace detail {

using reason = vmxon_obstacle::reason;

constexpr vmxon_verdict obstacle(reason why, std::uint32_t index = 0, std::uint64_t bits = 0) {
    return std::unexpected{vmxon_obstacle{.why = why, .index = index, .bits = bits}};
}

constexpr vmxon_verdict judge_feature_control(ia32_feature_control control, bool in_smx) {
    const bool enabled =
        in_smx ? control.enable_vmx_inside_smx_operation() : control.enable_vmx_outside_smx_operation();
    if (control.lock() && enabled) return {};
    const auto why = control.lock() ? reason::locked_out : enabled ? reason::not_locked : reason::not_enabled;
    return obstacle(why, ia32_feature_control::address);
}

constexpr vmxon_verdict judge_basic(ia32_vmx_basic basic) {
    constexpr std::uint32_t page = 4096;
    const auto size = basic.vmcs_size().value();
    if (size == 0 || size > page) return obstacle(reason::no_region_size, ia32_vmx_basic::address);
    const auto type = basic.memory_type().value();
    if (type != ia32_vmx_basic_memory_type::wb && type != ia32_vmx_basic_memory_type::uc)
        return obstacle(reason::no_memory_type, ia32_vmx_basic::address);
    return {};
}

// Bits that are 0 and have to be 1, or the other way round.
constexpr vmxon_verdict judge_fixed(std::uint64_t value, std::uint64_t ones, std::uint64_t may, reason clear,
                                    reason set) {
    if (const auto missing = ones & ~value; missing != 0) return obstacle(clear, 0, missing);
    if (const auto surplus = value & ~may; surplus != 0) return obstacle(set, 0, surplus);
    return {};
}

constexpr vmxon_verdict judge_region(vmxon_region region, ia32_vmx_basic basic, unsigned physical_width) {
    if (const auto low = region.address & low_ones(12); low != 0) return obstacle(reason::region_alignment, 0, low);
    const auto width = basic.physical_addresses_32() ? 32U : physical_width;
    if (const auto beyond = region.address & ~low_ones(width); beyond != 0)
        return obstacle(reason::region_beyond, basic.physical_addresses_32() ? ia32_vmx_basic::address : 0, beyond);
    if (region.revision != basic.vmcs_revision().value())
        return obstacle(reason::region_revision, ia32_vmx_basic::address, region.revision ^ basic.vmcs_revision());
    return {};
}

}  // namespace detail

/// Whether VMXON succeeds at privilege level 0, as far as it is known: otherwise the first step that is missing.
template <cpuid_source Cpuid, readable_bus Bus>
[[nodiscard]] constexpr vmxon_verdict may_execute_vmxon(Cpuid&& cpuid, Bus&& bus, const vmxon_state& state = {}) {
    using namespace detail;
    if (asked(cpuid, cpuid::vmx) == 0) return obstacle(reason::not_announced);
    if (state.in_smx && asked(cpuid, cpuid::smx) == 0) return obstacle(reason::smx_not_there);
    const auto not_known = [](const fault& failed) -> vmxon_verdict {
        return std::unexpected{vmxon_obstacle{.why = reason::not_known, .index = failed.index, .cause = failed.cause}};
    };
    const auto control = read<ia32_feature_control>(bus);
    if (!control) return not_known(control.error());
    if (auto verdict = judge_feature_control(*control, state.in_smx); !verdict) return verdict;
    const auto basic = read<ia32_vmx_basic>(bus);
    if (!basic) return not_known(basic.error());
    if (auto verdict = judge_basic(*basic); !verdict) return verdict;
    const auto cr4_may = read<ia32_vmx_cr4_fixed1>(bus);
    if (!cr4_may) return not_known(cr4_may.error());
    if (!cr4_may->vmxe()) return obstacle(reason::vmxe_never, ia32_vmx_cr4_fixed1::address);
    if (state.cr0) {
        const auto ones = read<ia32_vmx_cr0_fixed0>(bus);
        if (!ones) return not_known(ones.error());
        const auto may = read<ia32_vmx_cr0_fixed1>(bus);
        if (!may) return not_known(may.error());
        auto verdict = judge_fixed(*state.cr0, ones->raw(), may->raw(), reason::cr0_clear, reason::cr0_set);
        if (!verdict) return verdict;
    }
    if (state.cr4) {
        const auto ones = read<ia32_vmx_cr4_fixed0>(bus);
        if (!ones) return not_known(ones.error());
        auto verdict = judge_fixed(*state.cr4, ones->raw(), cr4_may->raw(), reason::cr4_clear, reason::cr4_set);
        if (!verdict) return verdict;
    }
    if (!state.region) return {};
    return judge_region(*state.region, *basic, asked(cpuid, cpuid::maxphyaddr));
}

}  // namespace msr::virt::vmx
