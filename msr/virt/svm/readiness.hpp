// Whether VMRUN can be executed, and if not, which step before it is missing (APM 2 15.4, 15.30, 15.31). Freestanding.
#pragma once

#include <cstdint>
#include <expected>

#include "msr/core/access.hpp"
#include "msr/registers/cpuid.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/vm_cr.hpp"
#include "msr/registers/vm_hsave_pa.hpp"
#include "msr/virt/cpuid_source.hpp"

namespace msr::virt::svm {

struct vmrun_obstacle {
    enum class reason : std::uint8_t {
        not_announced,    // CPUID.80000001H:ECX.SVM is 0
        not_known,        // a register could not be read
        disabled,         // VM_CR.SVMDIS, not locked: clear it
        locked_with_key,  // VM_CR.SVMDIS and LOCK: it takes SVM_KEY, or firmware
        locked_out,       // VM_CR.SVMDIS and LOCK: only firmware can allow it, at a reset
        svme_clear,       // EFER.SVME is 0: set it
        no_save_area,     // VM_HSAVE_PA is 0: give it a page
    };

    reason why = reason::not_announced;
    std::uint32_t index = 0;  // the register that says so; 0: none does
    msr::cause cause = {};    // why it is not known

    friend constexpr bool operator==(const vmrun_obstacle&, const vmrun_obstacle&) = default;
};

[[nodiscard]] constexpr text to_string(vmrun_obstacle::reason why) {
    using reason = vmrun_obstacle::reason;
    switch (why) {
        case reason::not_announced: return "the CPU does not announce it";
        case reason::not_known: return "cannot be read";
        case reason::disabled: return "disabled but not locked: the system may clear SVMDIS";
        case reason::locked_with_key: return "disabled and locked: it takes SVM_KEY or firmware";
        case reason::locked_out: return "disabled and locked: only firmware can allow it, at a reset";
        case reason::svme_clear: return "SVME is 0: the system may set it";
        case reason::no_save_area: return "holds no address: no area for the host's state";
    }
    return "unknown";
}

using vmrun_verdict = std::expected<void, vmrun_obstacle>;

/// Whether nothing is missing but what a system does itself when it begins to use SVM: EFER.SVME and the save area.
[[nodiscard]] constexpr bool is_ready(const vmrun_verdict& verdict) {
    using reason = vmrun_obstacle::reason;
    return verdict || verdict.error().why == reason::svme_clear || verdict.error().why == reason::no_save_area;
}

/// Whether VMRUN finds all that it needs of registers: otherwise the first step that is missing.
template <cpuid_source Cpuid, readable_bus Bus>
[[nodiscard]] constexpr vmrun_verdict may_execute_vmrun(Cpuid&& cpuid, Bus&& bus) {
    using reason = vmrun_obstacle::reason;
    const auto obstacle = [](reason why, std::uint32_t index) -> vmrun_verdict {
        return std::unexpected{vmrun_obstacle{.why = why, .index = index}};
    };
    const auto not_known = [](const fault& failed) -> vmrun_verdict {
        return std::unexpected{vmrun_obstacle{.why = reason::not_known, .index = failed.index, .cause = failed.cause}};
    };
    if (asked(cpuid, cpuid::svm) == 0) return obstacle(reason::not_announced, 0);
    const auto vm_cr = read<msr::vm_cr>(bus);
    if (!vm_cr) return not_known(vm_cr.error());
    if (vm_cr->svmdis()) {
        if (!vm_cr->lock()) return obstacle(reason::disabled, msr::vm_cr::address);
        const bool key = asked(cpuid, cpuid::svm_lock) != 0;
        return obstacle(key ? reason::locked_with_key : reason::locked_out, msr::vm_cr::address);
    }
    const auto efer = read<ia32_efer>(bus);
    if (!efer) return not_known(efer.error());
    if (!efer->svme()) return obstacle(reason::svme_clear, ia32_efer::address);
    const auto area = read<vm_hsave_pa>(bus);
    if (!area) return not_known(area.error());
    if (area->raw() == 0) return obstacle(reason::no_save_area, vm_hsave_pa::address);
    return {};
}

}  // namespace msr::virt::svm
