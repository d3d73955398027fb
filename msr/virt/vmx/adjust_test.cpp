#include "msr/virt/vmx/adjust.hpp"

#include <string>

#include <gtest/gtest.h>

#include "msr/virt/recorded_machine.hpp"
#include "msr/virt/vmx/capabilities.hpp"
#include "msr/virt/vmx/recorded_cpus.hpp"

namespace msr::virt::vmx {
namespace {

using pin = vmx_pin_based_controls;
using primary = vmx_primary_processor_based_controls;
using secondary = vmx_secondary_processor_based_controls;
using tertiary = vmx_tertiary_processor_based_controls;
using exiting = vmx_primary_exit_controls;
using secondary_exit = vmx_secondary_exit_controls;
using entry = vmx_entry_controls;

allowed_controls allowed_on(const char* machine) {
    recorded_machine recorded{machine};
    return capabilities::read(recorded.bus).value().controls;
}

// A CPU that allows every control, and every one to be 0.
allowed_controls everything() {
    allowed_controls all;
    for (const auto set : control_sets)
        all.may_be_1.set_raw(set, ~std::uint64_t{0});
    return all;
}

// The refusal in words: what a hypervisor would log.
std::string refusal(const std::expected<adjusted_controls, control_refusal>& made) {
    if (made) return "met";
    const auto& why = made.error();
    const auto name = [](control one) { return std::string{std::string_view{one.name()}}; };
    auto words = name(why.which) + " " + std::string{std::string_view{to_string(why.why)}};
    if (!why.source.empty()) words += ": " + name(why.other);
    return words;
}

// SDM 3 A.2: without TRUE registers, controls of the default1 class are 1; with them, those that software knows may be
// 0, and the others stay 1.
TEST(adjust, leaves_default1_controls_that_nobody_asked_for_as_the_manual_says) {
    const auto allowed = allowed_on(haswell);
    const auto made = adjust(allowed, {}).value();
    EXPECT_FALSE(made.value.primary.cr3_load_exiting()) << "IA32_VMX_TRUE_PROCBASED_CTLS lets it be 0";
    EXPECT_FALSE(made.value.primary.cr3_store_exiting());
    const auto unnamed =
        allowed.default_1.primary.raw() & ~primary{}.cr3_load_exiting(true).cr3_store_exiting(true).raw();
    EXPECT_EQ(made.value.primary.raw(), unnamed) << "reserved bits stay as IA32_VMX_PROCBASED_CTLS has them";
    EXPECT_EQ(made.imposed.primary.raw(), unnamed);

    auto old = allowed;
    old.must_be_1 = old.default_1;
    const auto forced = adjust(old, {}).value();
    EXPECT_TRUE(forced.value.primary.cr3_load_exiting());
    EXPECT_TRUE(forced.imposed.primary.cr3_load_exiting());
    EXPECT_TRUE(forced.value.entry.load_debug_controls());
    EXPECT_EQ(refusal(adjust(old, {.forbidden = {.primary = primary{}.cr3_load_exiting(true)}})),
              "CR3_LOAD_EXITING cannot be 0 on this CPU");
}

// What a first hypervisor asks for, on the recorded Haswell of Bochs: VM entry accepts exactly these values there.
TEST(adjust, meets_a_small_hypervisors_request_on_a_recorded_haswell) {
    const control_request wanted{.required = {.primary = primary{}.use_msr_bitmaps(true).hlt_exiting(true),
                                              .secondary = secondary{}.enable_ept(true).unrestricted_guest(true),
                                              .exit = exiting{}.host_address_space_size(true).load_ia32_efer(true),
                                              .entry = entry{}.ia_32e_mode_guest(true).load_ia32_efer(true)},
                                 .optional = {.pin_based = pin{}.process_posted_interrupts(true),
                                              .secondary = secondary{}.enable_vpid(true).enable_pml(true)}};
    const auto allowed = allowed_on(haswell);
    const auto made = adjust(allowed, wanted);
    ASSERT_TRUE(made) << refusal(made);
    EXPECT_TRUE(made->value.primary.activate_secondary_controls()) << "follows of itself";
    EXPECT_FALSE(made->imposed.primary.activate_secondary_controls());
    EXPECT_TRUE(made->value.secondary.enable_vpid());
    EXPECT_TRUE(made->dropped.secondary.enable_pml()) << "not on this CPU";
    EXPECT_FALSE(made->value.secondary.enable_pml());
    EXPECT_TRUE(made->dropped.pin_based.process_posted_interrupts()) << "needs virtual-interrupt delivery";
    for (const auto set : control_sets) {
        EXPECT_EQ(made->value.raw(set) & ~allowed.may_be_1.raw(set), 0U);
        EXPECT_EQ(allowed.must_be_1.raw(set) & ~made->value.raw(set), 0U);
    }
}

TEST(adjust, names_the_required_control_that_the_cpu_lacks) {
    EXPECT_EQ(refusal(adjust(allowed_on(haswell), {.required = {.secondary = secondary{}.enable_pml(true)}})),
              "ENABLE_PML cannot be 1 on this CPU");
    EXPECT_EQ(refusal(adjust(allowed_on(haswell), {.required = {.tertiary = tertiary{}.ipi_virtualization(true)}})),
              "IPI_VIRTUALIZATION cannot be 1 on this CPU");
    EXPECT_EQ(refusal(adjust(everything(), {.required = {.pin_based = pin{}.nmi_exiting(true)},
                                            .forbidden = {.pin_based = pin{}.nmi_exiting(true)}})),
              "NMI_EXITING is both required and forbidden");
}

// SDM 3 27.2.1.1.
TEST(adjust, refuses_a_required_control_without_what_it_needs) {
    EXPECT_EQ(refusal(adjust(everything(), {.required = {.secondary = secondary{}.unrestricted_guest(true)}})),
              "UNRESTRICTED_GUEST needs a control that is not 1: ENABLE_EPT");
    EXPECT_EQ(refusal(adjust(everything(), {.required = {.primary = primary{}.nmi_window_exiting(true)},
                                            .optional = {.pin_based = pin{}.nmi_exiting(true)}})),
              "NMI_WINDOW_EXITING needs a control that is not 1: VIRTUAL_NMIS");
    const controls x2apic{.primary = primary{}.use_tpr_shadow(true),
                          .secondary = secondary{}.virtualize_x2apic_mode(true).virtualize_apic_accesses(true)};
    EXPECT_EQ(refusal(adjust(everything(), {.required = x2apic})),
              "VIRTUALIZE_APIC_ACCESSES cannot be 1 together with a control that has to be 1 too: "
              "VIRTUALIZE_X2APIC_MODE");
    EXPECT_EQ(refusal(adjust(everything(), {.required = {.secondary = secondary{}.enable_ept(true)},
                                            .forbidden = {.primary = primary{}.activate_secondary_controls(true)}})),
              "ENABLE_EPT counts only with a control that is not to be had: ACTIVATE_SECONDARY_CONTROLS");
}

TEST(adjust, drops_what_depends_on_what_was_dropped) {
    const controls interrupts{
        .pin_based = pin{}.external_interrupt_exiting(true).process_posted_interrupts(true),
        .primary = primary{}.use_tpr_shadow(true),
        .secondary = secondary{}.virtual_interrupt_delivery(true).apic_register_virtualization(true),
        .tertiary = tertiary{}.ipi_virtualization(true).apic_timer_virtualization(true),
        .exit = exiting{}.acknowledge_interrupt_on_exit(true)};
    EXPECT_EQ(adjust(everything(), {.optional = interrupts}).value().dropped, controls{});

    auto without_shadow = everything();
    without_shadow.may_be_1.primary = without_shadow.may_be_1.primary.use_tpr_shadow(false);
    const auto made = adjust(without_shadow, {.optional = interrupts}).value();
    EXPECT_EQ(made.value.secondary, secondary{}) << "all of it needs the TPR shadow";
    EXPECT_EQ(made.value.tertiary, tertiary{});
    EXPECT_FALSE(made.value.pin_based.process_posted_interrupts());
    EXPECT_TRUE(made.value.pin_based.external_interrupt_exiting());
    EXPECT_TRUE(made.value.exit.acknowledge_interrupt_on_exit());
    EXPECT_FALSE(made.value.primary.activate_secondary_controls()) << "nothing is left to be activated";
    EXPECT_FALSE(made.value.primary.activate_tertiary_controls());
}

TEST(adjust, keeps_what_entries_load_paired_with_what_exits_take_back) {
    const controls both{.exit = exiting{}.load_ia32_pat(true).clear_ia32_bndcfgs(true),
                        .secondary_exit = secondary_exit{}.load_fred(true).save_fred(true),
                        .entry = entry{}.load_ia32_pat(true).load_ia32_bndcfgs(true).load_fred(true)};
    EXPECT_EQ(adjust(everything(), {.optional = both}).value().dropped, controls{});

    auto one_sided = everything();
    one_sided.may_be_1.exit = one_sided.may_be_1.exit.clear_ia32_bndcfgs(false);
    one_sided.may_be_1.secondary_exit = one_sided.may_be_1.secondary_exit.save_fred(false);
    const auto made = adjust(one_sided, {.optional = both}).value();
    EXPECT_EQ(made.value.entry, entry{}.load_ia32_pat(true));
    EXPECT_EQ(made.value.exit, exiting{}.load_ia32_pat(true));
    EXPECT_EQ(made.value.secondary_exit, secondary_exit{});

    const control_request alone{.required = {.entry = entry{}.load_ia32_efer(true)}};
    EXPECT_EQ(refusal(adjust(everything(), alone)), "LOAD_IA32_EFER has a counterpart that is not 1: LOAD_IA32_EFER");
    EXPECT_TRUE(adjust(everything(), {.required = alone.required, .keep_pairs = false}));
}

TEST(adjust, leaves_what_the_cpu_imposes_even_without_a_counterpart) {
    auto imposing = everything();
    imposing.must_be_1.entry = entry{}.load_ia32_pat(true);
    const auto made = adjust(imposing, {}).value();
    EXPECT_EQ(made.value.entry, entry{}.load_ia32_pat(true));
    EXPECT_EQ(made.imposed.entry, entry{}.load_ia32_pat(true));
}

// SDM 3 27.2.1.1: VM entry asks what a control needs and excludes, not why it is 1.
TEST(adjust, refuses_what_the_cpu_imposes_without_what_it_needs) {
    auto imposing = everything();
    imposing.must_be_1.pin_based = pin{}.virtual_nmis(true);
    EXPECT_EQ(refusal(adjust(imposing, {})), "VIRTUAL_NMIS needs a control that is not 1: NMI_EXITING");
    const auto made = adjust(imposing, {.required = {.pin_based = pin{}.nmi_exiting(true)}}).value();
    EXPECT_EQ(made.imposed.pin_based, pin{}.virtual_nmis(true));
}

TEST(adjust, drops_what_cannot_be_1_with_what_the_cpu_imposes) {
    const auto x2apic = secondary{}.virtualize_x2apic_mode(true);
    const auto accesses = secondary{}.virtualize_apic_accesses(true);
    const control_request wanted{.required = {.primary = primary{}.use_tpr_shadow(true)},
                                 .optional = {.secondary = secondary{accesses}.virtualize_x2apic_mode(true)}};
    for (const auto imposed : {x2apic, accesses}) {
        auto imposing = everything();
        imposing.must_be_1.secondary = imposed;
        const auto made = adjust(imposing, wanted).value();
        EXPECT_EQ(made.value.secondary, imposed);
    }
    auto imposing = everything();
    imposing.must_be_1.secondary = secondary{accesses}.virtualize_x2apic_mode(true);
    EXPECT_EQ(refusal(adjust(imposing, wanted)),
              "VIRTUALIZE_APIC_ACCESSES cannot be 1 together with a control that has to be 1 too: "
              "VIRTUALIZE_X2APIC_MODE");
}

TEST(adjust, meets_on_real_cpus_what_their_generation_had) {
    auto old = core2_t7600();
    auto later = westmere();
    const auto first = capabilities::read(old).value().controls;
    const auto second = capabilities::read(later).value().controls;
    const control_request wanted{
        .required = {.pin_based = pin{}.nmi_exiting(true), .primary = primary{}.use_msr_bitmaps(true)},
        .optional = {.pin_based = pin{}.virtual_nmis(true),
                     .primary = primary{}.nmi_window_exiting(true),
                     .secondary = secondary{}.unrestricted_guest(true).enable_ept(true)}};
    const auto on_old = adjust(first, wanted).value();
    EXPECT_EQ(on_old.dropped.pin_based, pin{}.virtual_nmis(true));
    EXPECT_TRUE(on_old.dropped.primary.nmi_window_exiting());
    EXPECT_EQ(on_old.value.secondary, secondary{});
    EXPECT_TRUE(on_old.imposed.primary.cr3_load_exiting() && on_old.imposed.primary.cr3_store_exiting());
    const auto on_later = adjust(second, wanted).value();
    EXPECT_EQ(on_later.dropped, controls{});
    EXPECT_FALSE(on_later.value.primary.cr3_load_exiting());
    EXPECT_EQ(adjust(common(first, second), wanted).value().value, on_old.value) << "what runs on both is the older's";
    EXPECT_EQ(refusal(adjust(first, {.required = {.secondary = secondary{}.enable_ept(true)}})),
              "ENABLE_EPT cannot be 1 on this CPU");
}

TEST(adjust, meets_on_two_machines_in_common_what_runs_on_both) {
    const auto one = allowed_on(haswell);
    const auto other = allowed_on(tiger_lake);
    const auto both = common(one, other);
    EXPECT_EQ(both, common(other, one));
    const control_request wanted{
        .optional = {.secondary = secondary{}.enable_ept(true).enable_pml(true).use_tsc_scaling(true)}};
    EXPECT_EQ(adjust(other, wanted).value().dropped, controls{});
    const auto made = adjust(both, wanted).value();
    EXPECT_EQ(made.value.secondary, secondary{}.enable_ept(true));
    for (const auto set : control_sets) {
        for (const auto& machine : {one, other}) {
            EXPECT_EQ(made.value.raw(set) & ~machine.may_be_1.raw(set), 0U);
            EXPECT_EQ(machine.must_be_1.raw(set) & ~made.value.raw(set), 0U);
        }
    }
    auto contrary = everything();
    contrary.may_be_1.exit = contrary.may_be_1.exit.host_address_space_size(false);
    auto only = everything();
    only.must_be_1.exit = exiting{}.host_address_space_size(true);
    EXPECT_EQ(refusal(adjust(common(contrary, only), {})),
              "HOST_ADDRESS_SPACE_SIZE must be 1 on one CPU and 0 on the other");
}

}  // namespace
}  // namespace msr::virt::vmx
