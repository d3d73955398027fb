// Which VMX controls a CPU allows, and the adjustment of those that a hypervisor wants to them (SDM 3 A.2 to A.5).
// Freestanding.
#pragma once

#include <cstdint>
#include <expected>

#include "msr/virt/vmx/controls.hpp"

namespace msr::virt::vmx {

/// What the capability registers allow: a bit may be 0 where `must_be_1` has 0, and may be 1 where `may_be_1` has 1.
struct allowed_controls {
    controls must_be_1;
    controls may_be_1;
    /// As `must_be_1`, without the registers that let controls of the default1 class be 0: what bits without a name
    /// have to be, since only who knows a control may clear it (SDM 3 A.2).
    controls default_1;

    friend constexpr bool operator==(const allowed_controls&, const allowed_controls&) = default;
};

/// What both CPUs allow: a request that is adjusted to it runs on either.
[[nodiscard]] allowed_controls common(const allowed_controls& one, const allowed_controls& other);

/// What a hypervisor wants: controls that have to be 1, that are to be 1 where possible, that have to be 0. All others
/// become 0 where the CPU allows it. The controls that activate the secondary and tertiary ones follow of themselves.
struct control_request {
    controls required;
    controls optional;
    controls forbidden;
    bool keep_pairs = true;  // what an entry loads, an exit loads or clears; false: the hypervisor sees to it itself
};

struct adjusted_controls {
    controls value;    // for the VMCS
    controls dropped;  // optional ones that are 0
    controls imposed;  // 1 without being asked for, because the CPU allows nothing else; reserved bits too
};

/// Why a request cannot be met: the first control at which it fails.
struct control_refusal {
    enum class reason : std::uint8_t {
        contradiction,  // required and forbidden
        cannot_be_1,    // required, and the CPU has it not
        cannot_be_0,    // forbidden, and the CPU allows nothing else
        neither,        // must be 1 on one of the CPUs in common, and 0 on another
        not_activated,  // required, and `other`, which makes its set count, cannot be 1 or is forbidden
        needs,          // required or imposed by the CPU, and so is `other` then, which is not 1
        excludes,       // required or imposed by the CPU, and so is `other`, with which it cannot be 1
        unpaired,       // required, and `other`, which takes back what it does, is not 1
    };

    control which;
    reason why = reason::cannot_be_1;
    control other;  // where the reason has one
    text source;    // the manual's section, where the reason has an `other`
};

[[nodiscard]] text to_string(control_refusal::reason why);

/// The controls that meet a request on a CPU. Optional ones are dropped where the CPU lacks them, or lacks what they
/// need, or where their counterpart is missing: in the end what VM entry demands of the controls among each other
/// holds. Nothing is added that was not asked for.
[[nodiscard]] std::expected<adjusted_controls, control_refusal> adjust(const allowed_controls& allowed,
                                                                       const control_request& wanted);

}  // namespace msr::virt::vmx
