// Part 3, a hypervisor on VMX. The guest shares the image's pages; what it may do alone is its MSRs.
#include "lab/image/exceptions.hpp"
#include "lab/ring0/control_bits.hpp"
#include "lab/ring0/hypervisor.hpp"
#include "lab/ring0/parts.hpp"
#include "lab/ring0/random_policies.hpp"
#include "lab/ring0/switch_log.hpp"
#include "lab/ring0/vmcs.hpp"
#include "lab/ring0/vmx_operation.hpp"
#include "lab/ring0/vmx_state.hpp"
#include "msr/core/access.hpp"
#include "msr/profile/cpuid_walk.hpp"
#include "msr/virt/vmx/capabilities.hpp"
#include "msr/virt/vmx/msr_bitmap.hpp"
#include "msr/virt/vmx/msr_list.hpp"
#include "msr/virt/vmx/readiness.hpp"

namespace msr::ring0 {
namespace {

using namespace virt::vmx;

constinit msr_bitmap bitmap;

// ---- Step 1, into VMX operation, is vmx_operation.cpp. Step 2: the controls.

control_request wanted_controls() {
    control_request wanted;
    wanted.required.primary = vmx_primary_processor_based_controls{}.use_msr_bitmaps(true).hlt_exiting(true);
    wanted.required.exit = vmx_primary_exit_controls{}
                               .host_address_space_size(true)
                               .save_ia32_efer(true)
                               .load_ia32_efer(true)
                               .save_ia32_pat(true)
                               .load_ia32_pat(true);
    wanted.required.entry = vmx_entry_controls{}.ia_32e_mode_guest(true).load_ia32_efer(true).load_ia32_pat(true);
    return wanted;
}

// Whether the adjusted controls still have all that the guest needs.
bool has_what_was_wanted(const controls& value) {
    const auto wanted = wanted_controls().required;
    for (const auto set : control_sets) {
        if ((wanted.raw(set) & ~value.raw(set)) != 0) return false;
    }
    return true;
}

// A control that has a name and that this CPU lacks.
std::optional<control> lacking(const capabilities& has) {
    for (const auto set : control_sets) {
        for (const auto& field : layout_of(set).fields) {
            if ((has.controls.may_be_1.raw(set) >> field.lsb & 1) == 0) return control{set, field.lsb};
        }
    }
    return std::nullopt;
}

// As many registers as the CPU takes, and one more.
void check_longest_list(ia32_vmx_misc misc) {
    static msr_list_entry memory[4096 + 1];
    const auto most = most_list_entries(misc);
    msr_list list{memory, list_use::loaded, misc};
    auto last = virt::high_range + virt::registers_in_range;
    while (list.size() < most && list.set(--last)) {
    }
    const auto refused = list.set(--last);
    check(list.size() == most && !refused && refused.error().why == list_refusal::reason::over_the_limit,
          "an MSR list of ", most, " registers takes no other: ", hex{last}, ", ",
          refused ? text{} : to_string(refused.error().why));
}

// The refusals that a hypervisor's author meets: each names what is refused.
void ask_for_too_much(const capabilities& has) {
    if (const auto absent = lacking(has)) {
        auto wanted = wanted_controls();
        wanted.required.set_raw(absent->set, wanted.required.raw(absent->set) | std::uint64_t{1} << absent->bit);
        const auto refused = adjust(has.controls, wanted);
        check(!refused && refused.error().which == *absent,
              "a control that this CPU lacks is refused: ", to_string(absent->set), ", ", absent->name(), ": ",
              refused ? text{} : to_string(refused.error().why));
    }
    msr_bitmap other;
    const auto outside = other.pass(virt::amd_range);
    check(!outside, "a register that the bitmap does not cover is refused: ", hex{outside ? 0 : outside.error().index});
    check_longest_list(has.misc);
}

bool write_controls(const controls& value) {
    return vmwrite(vmcs::pin_based_controls, value.pin_based.raw()) &&
           vmwrite(vmcs::primary_controls, value.primary.raw()) && vmwrite(vmcs::exit_controls, value.exit.raw()) &&
           vmwrite(vmcs::entry_controls, value.entry.raw()) && vmwrite(vmcs::msr_bitmaps, address_of(&bitmap)) &&
           vmwrite(vmcs::exception_bitmap, 0) && vmwrite(vmcs::cr3_target_count, 0) && vmwrite(vmcs::cr0_mask, 0) &&
           vmwrite(vmcs::cr4_mask, 0);
}

// ---- Step 3, where each world stands, is vmx_state.cpp. Step 4: entries and exits.

class vmx_cpu {
  public:
    [[nodiscard]] general_registers& general() { return general_; }

    exit_reason enter() {
        native_bus cpu;
        log_.load({ia32_kernel_gs_base::address, guest_kernel_gs_});
        // The VMCS has no field for it, and the guest's SWAPGS changes it without an exit: read back every time.
        const auto own = value_of(ia32_kernel_gs_base::address);
        (void)cpu.write(ia32_kernel_gs_base::address, guest_kernel_gs_);
        const bool entered = vmx_enter(&general_, launched_, vmcs::host_rsp, vmcs::host_rip);
        guest_kernel_gs_ = value_of(ia32_kernel_gs_base::address);
        (void)cpu.write(ia32_kernel_gs_base::address, own);
        log_.put();
        launched_ = launched_ || entered;
        if (!entered) note("VM entry failed, VM-instruction error ", vmread(vmcs::instruction_error));
        return entered ? reason() : exit_reason::other;
    }

    void skip_instruction() {
        vmwrite(vmcs::guest_rip, vmread(vmcs::guest_rip) + vmread(vmcs::exit_instruction_length));
    }

    void start_at(std::uint64_t entry) {
        vmwrite(vmcs::guest_rip, entry);
        vmwrite(vmcs::guest_rsp, address_of(guest_stack_top) - 8);  // as a call leaves it
    }

    void inject_general_protection() {
        using namespace vmx_event;
        vmwrite(vmcs::entry_interruption, lab::vector::general_protection | hardware_exception | error_code | valid);
        vmwrite(vmcs::entry_error_code, 0);
    }

  private:
    static exit_reason reason() {
        const auto whole = vmread(vmcs::exit_reason);
        if (whole > vmx_exit::basic_reason) return exit_reason::other;  // a failed entry, above all
        switch (whole) {
            case vmx_exit::rdmsr: return exit_reason::rdmsr;
            case vmx_exit::wrmsr: return exit_reason::wrmsr;
            case vmx_exit::cpuid: return exit_reason::cpuid;
            case vmx_exit::hlt: return exit_reason::halt;
            default: return exit_reason::other;
        }
    }

    general_registers general_{};
    std::uint64_t guest_kernel_gs_ = value_of(ia32_kernel_gs_base::address);
    switch_log log_;
    bool launched_ = false;
};

/// EFER and PAT are in the VMCS while the guest does not run.
std::uint64_t read_elsewhere(void*, std::uint32_t address) {
    return vmread(address == ia32_pat::address ? vmcs::guest_pat : vmcs::guest_efer);
}

void write_elsewhere(void*, std::uint32_t address, std::uint64_t value) {
    vmwrite(address == ia32_pat::address ? vmcs::guest_pat : vmcs::guest_efer, value);
}

void run_in_vmx_operation(const capabilities& has, const description& host, engine& hardware, bool judges) {
    const auto adjusted = adjust(has.controls, wanted_controls());
    if (!adjusted) {
        const auto& refused = adjusted.error();
        return skip("a guest on VMX", refused.which.name(), ": ", to_string(refused.why));
    }
    check(has_what_was_wanted(adjusted->value), "the controls are adjusted, and all that was asked for is there");
    ask_for_too_much(has);
    check(bitmap.pass(policy()).has_value(), "the policy is in the bitmap");
    check(write_lists(has), "STAR, LSTAR, CSTAR and FMASK are in the MSR lists");
    check(write_controls(adjusted->value) && write_host_state() &&
              write_guest_state(address_of(guest_main), address_of(guest_stack_top) - 8),
          "the VMCS is written");
    static description shown;
    static virtual_cpu guest;
    vmx_cpu cpu;
    shown.copy_without(host, "vmx");
    guest.start(shown, {nullptr, read_elsewhere, write_elsewhere});
    prepare_guest();
    const host_registers before;
    const bool ended = run_guest(cpu, guest);
    if (!check(ended, "the guest ran to its end; last exit ", hex{vmread(vmcs::exit_reason)}, ", at ",
               hex{vmread(vmcs::guest_rip)}))
        return;
    check_guest(bitmap, {shown, hardware, judges, before});
    note_costs();
    run_random_policies(cpu, bitmap);
}

}  // namespace

void run_vmx_guest(const description& host, engine& hardware, bool judges) {
    note("3. a hypervisor on VMX");
    if (virt::asked(profile::native_cpuid, cpuid::vmx) == 0)
        return skip("VMX", to_string(vmxon_obstacle::reason::not_announced));
    const auto has = capabilities::read(native_bus{});
    if (!has) return skip("VMX", "its capabilities cannot be read: ", hex{has.error().index});
    note("VMCS revision ", hex{has->basic.vmcs_revision().value()}, ", ", has->basic.vmcs_size().value(), " bytes");
    if (!enter_vmx_operation(*has)) return;
    run_in_vmx_operation(*has, host, hardware, judges);
    leave_vmx_operation();
}

}  // namespace msr::ring0
