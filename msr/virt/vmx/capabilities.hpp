// What VMX on a CPU can do (SDM 3 appendix A), read from any bus: the CPU itself, a snapshot, KVM's feature registers.
// Freestanding.
#pragma once

#include <cstdint>
#include <optional>

#include "msr/core/access.hpp"
#include "msr/registers/ia32_vmx_basic.hpp"
#include "msr/registers/ia32_vmx_cr0_fixed0.hpp"
#include "msr/registers/ia32_vmx_cr0_fixed1.hpp"
#include "msr/registers/ia32_vmx_cr4_fixed0.hpp"
#include "msr/registers/ia32_vmx_cr4_fixed1.hpp"
#include "msr/registers/ia32_vmx_entry_ctls.hpp"
#include "msr/registers/ia32_vmx_ept_vpid_cap.hpp"
#include "msr/registers/ia32_vmx_exit_ctls.hpp"
#include "msr/registers/ia32_vmx_exit_ctls2.hpp"
#include "msr/registers/ia32_vmx_misc.hpp"
#include "msr/registers/ia32_vmx_pinbased_ctls.hpp"
#include "msr/registers/ia32_vmx_procbased_ctls.hpp"
#include "msr/registers/ia32_vmx_procbased_ctls2.hpp"
#include "msr/registers/ia32_vmx_procbased_ctls3.hpp"
#include "msr/registers/ia32_vmx_true_entry_ctls.hpp"
#include "msr/registers/ia32_vmx_true_exit_ctls.hpp"
#include "msr/registers/ia32_vmx_true_pinbased_ctls.hpp"
#include "msr/registers/ia32_vmx_true_procbased_ctls.hpp"
#include "msr/registers/ia32_vmx_vmfunc.hpp"
#include "msr/virt/vmx/adjust.hpp"

namespace msr::virt::vmx {

/// Registers that the CPU does not have count as 0: nothing of what they would announce is there.
struct capabilities {
    ia32_vmx_basic basic;
    ia32_vmx_misc misc;
    ia32_vmx_cr0_fixed0 cr0_fixed0;
    ia32_vmx_cr0_fixed1 cr0_fixed1;
    ia32_vmx_cr4_fixed0 cr4_fixed0;
    ia32_vmx_cr4_fixed1 cr4_fixed1;
    ia32_vmx_ept_vpid_cap ept_vpid;
    ia32_vmx_vmfunc functions;
    allowed_controls controls;

    /// The CPU must have VMX: others fault, or hold other registers there. The error names the register that could not
    /// be read. One to nineteen RDMSR.
    template <readable_bus Bus>
    [[nodiscard]] static constexpr result<capabilities> read(Bus&& bus);

    /// Ticks of the time-stamp counter for one of the preemption timer (SDM 3 A.6).
    [[nodiscard]] constexpr std::uint64_t tsc_ticks_of_preemption_timer() const {
        return std::uint64_t{1} << misc.preemption_timer_rate().value();
    }
};

namespace detail {

// Reads one register after another, until one fails.
template <class Bus>
class capability_reader {
  public:
    constexpr explicit capability_reader(Bus& bus) : bus_{&bus} {}

    template <class R>
    constexpr R get() {
        if (fault_) return {};
        const auto value = msr::read<R>(*bus_);
        if (value) return *value;
        fault_ = value.error();
        return {};
    }

    /// A register that is there on a condition.
    template <class R>
    constexpr R get_if(bool there) {
        return there ? get<R>() : R{};
    }

    /// Controls of one set. With IA32_VMX_BASIC's bit for it, `True` says which of the default1 class may be 0.
    template <class R, class True, class Controls>
    constexpr void controls(bool true_controls, Controls controls::* set, allowed_controls& into) {
        const auto plain = get<R>();
        into.default_1.*set = plain.allowed_0();
        if (!true_controls) {
            into.must_be_1.*set = plain.allowed_0();
            into.may_be_1.*set = plain.allowed_1();
            return;
        }
        const auto exact = get<True>();
        into.must_be_1.*set = exact.allowed_0();
        into.may_be_1.*set = exact.allowed_1();
    }

    [[nodiscard]] constexpr const std::optional<fault>& failed() const { return fault_; }

  private:
    Bus* bus_;
    std::optional<fault> fault_;
};

template <class Bus>
constexpr allowed_controls read_controls(capability_reader<Bus>& from, ia32_vmx_basic basic) {
    allowed_controls result;
    const bool exact = basic.true_controls();
    from.template controls<ia32_vmx_pinbased_ctls, ia32_vmx_true_pinbased_ctls>(exact, &controls::pin_based, result);
    from.template controls<ia32_vmx_procbased_ctls, ia32_vmx_true_procbased_ctls>(exact, &controls::primary, result);
    from.template controls<ia32_vmx_exit_ctls, ia32_vmx_true_exit_ctls>(exact, &controls::exit, result);
    from.template controls<ia32_vmx_entry_ctls, ia32_vmx_true_entry_ctls>(exact, &controls::entry, result);
    const auto secondary =
        from.template get_if<ia32_vmx_procbased_ctls2>(result.may_be_1.primary.activate_secondary_controls());
    result.must_be_1.secondary = secondary.allowed_0();
    result.default_1.secondary = secondary.allowed_0();
    result.may_be_1.secondary = secondary.allowed_1();
    // These two say only what may be 1: nothing of theirs must be.
    result.may_be_1.tertiary =
        from.template get_if<ia32_vmx_procbased_ctls3>(result.may_be_1.primary.activate_tertiary_controls())
            .allowed_1();
    result.may_be_1.secondary_exit =
        from.template get_if<ia32_vmx_exit_ctls2>(result.may_be_1.exit.activate_secondary_controls()).allowed_1();
    return result;
}

}  // namespace detail

template <readable_bus Bus>
constexpr result<capabilities> capabilities::read(Bus&& bus) {
    detail::capability_reader from{bus};
    capabilities all;
    all.basic = from.template get<ia32_vmx_basic>();
    all.misc = from.template get<ia32_vmx_misc>();
    all.cr0_fixed0 = from.template get<ia32_vmx_cr0_fixed0>();
    all.cr0_fixed1 = from.template get<ia32_vmx_cr0_fixed1>();
    all.cr4_fixed0 = from.template get<ia32_vmx_cr4_fixed0>();
    all.cr4_fixed1 = from.template get<ia32_vmx_cr4_fixed1>();
    all.controls = detail::read_controls(from, all.basic);
    const auto secondary = all.controls.may_be_1.secondary;
    all.ept_vpid = from.template get_if<ia32_vmx_ept_vpid_cap>(secondary.enable_ept() || secondary.enable_vpid());
    all.functions = from.template get_if<ia32_vmx_vmfunc>(secondary.enable_vm_functions());
    if (from.failed()) return std::unexpected{*from.failed()};
    return all;
}

}  // namespace msr::virt::vmx
