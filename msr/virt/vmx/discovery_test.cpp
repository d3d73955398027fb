// VMX discovery on recorded CPUs: capabilities, and the step at which VMXON fails.
#include <gtest/gtest.h>

#include "msr/host/simulated.hpp"
#include "msr/registers/layouts/control_register_4.hpp"
#include "msr/virt/recorded_machine.hpp"
#include "msr/virt/vmx/capabilities.hpp"
#include "msr/virt/vmx/readiness.hpp"
#include "msr/virt/vmx/recorded_cpus.hpp"

namespace msr::virt::vmx {
namespace {

using vmxon_reason = vmxon_obstacle::reason;

// A machine that can be changed, register by register.
host::simulated_cpu changeable(recorded_machine& recorded) {
    std::map<std::uint32_t, std::uint64_t> registers;
    const std::uint32_t wanted[]{ia32_feature_control::address, ia32_vmx_basic::address,
                                 ia32_vmx_misc::address,        ia32_vmx_cr0_fixed0::address,
                                 ia32_vmx_cr0_fixed1::address,  ia32_vmx_cr4_fixed0::address,
                                 ia32_vmx_cr4_fixed1::address};
    for (const auto index : wanted)
        registers[index] = recorded.bus.read(index).value();
    return host::simulated_cpu{registers};
}

TEST(capabilities, of_a_recorded_haswell) {
    recorded_machine recorded{haswell};
    const auto found = capabilities::read(recorded.bus);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->basic.true_controls());
    EXPECT_TRUE(found->controls.may_be_1.secondary.unrestricted_guest());
    EXPECT_FALSE(found->controls.may_be_1.secondary.enable_pml());
    EXPECT_TRUE(found->ept_vpid.page_walk_length_4());
    EXPECT_EQ(found->functions.raw(), recorded.bus.read(ia32_vmx_vmfunc::address).value_or(0));
    EXPECT_EQ(found->controls.may_be_1.tertiary.raw(), 0U) << "no tertiary controls: their register is not read";
    EXPECT_EQ(found->tsc_ticks_of_preemption_timer(), 1U);
}

// What a CPU does not have is not asked for: it would fault.
TEST(capabilities, of_real_cpus_are_read_without_a_fault) {
    auto old = core2_t7600();
    const auto first = capabilities::read(old);
    ASSERT_TRUE(first);
    EXPECT_FALSE(first->basic.true_controls());
    EXPECT_TRUE(first->basic.physical_addresses_32());
    EXPECT_EQ(first->controls.may_be_1.secondary.raw(), 0U);
    EXPECT_EQ(first->controls.must_be_1, first->controls.default_1);
    EXPECT_EQ(old.count(direction::read), 10U);

    auto later = westmere();
    const auto second = capabilities::read(later);
    ASSERT_TRUE(second);
    EXPECT_TRUE(second->controls.may_be_1.secondary.unrestricted_guest());
    EXPECT_TRUE(second->ept_vpid.invept());
    EXPECT_EQ(second->functions.raw(), 0U);
    EXPECT_EQ(second->tsc_ticks_of_preemption_timer(), 128U);
}

TEST(capabilities, name_the_register_that_could_not_be_read) {
    recorded_machine recorded{haswell};
    auto cpu = changeable(recorded);
    const auto found = capabilities::read(cpu);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().index, ia32_vmx_pinbased_ctls::address) << "the first that is not there";
    EXPECT_EQ(cpu.log().back().index, ia32_vmx_pinbased_ctls::address) << "nothing is read after it";
}

TEST(vmxon, can_be_executed_where_kvm_has_run) {
    recorded_machine recorded{haswell};
    EXPECT_TRUE(may_execute_vmxon(recorded, recorded.bus));
    recorded_machine amd{epyc};
    EXPECT_EQ(may_execute_vmxon(amd, amd.bus).error().why, vmxon_reason::not_announced);
}

TEST(vmxon, fails_at_feature_control) {
    recorded_machine recorded{haswell};
    auto cpu = changeable(recorded);
    const auto with = [&](ia32_feature_control control, vmxon_state state = {}) {
        EXPECT_TRUE(write(cpu, control));
        const auto verdict = may_execute_vmxon(recorded, cpu, state);
        if (verdict) return std::optional<vmxon_reason>{};
        EXPECT_EQ(verdict.error().index, ia32_feature_control::address);
        return std::optional{verdict.error().why};
    };
    using control = ia32_feature_control;
    EXPECT_EQ(with(control{}), vmxon_reason::not_enabled);
    EXPECT_EQ(with(control{}.lock(true)), vmxon_reason::locked_out);
    EXPECT_EQ(with(control{}.enable_vmx_outside_smx_operation(true)), vmxon_reason::not_locked);
    EXPECT_EQ(with(control{}.enable_vmx_outside_smx_operation(true).lock(true)), std::nullopt);
    EXPECT_EQ(with(control{}.enable_vmx_inside_smx_operation(true).lock(true)), vmxon_reason::locked_out);
    cpu.fail(ia32_feature_control::address, direction::read, cause::not_permitted);
    const auto verdict = may_execute_vmxon(recorded, cpu);
    EXPECT_EQ(verdict.error(), (vmxon_obstacle{.why = vmxon_reason::not_known,
                                               .index = ia32_feature_control::address,
                                               .cause = cause::not_permitted}));
}

TEST(vmxon, inside_smx_operation_asks_for_the_other_enable) {
    recorded_machine recorded{haswell};
    auto cpu = changeable(recorded);
    const auto with_smx = [&](std::uint32_t leaf, std::uint32_t subleaf) {
        auto answer = recorded(leaf, subleaf);
        if (leaf == cpuid::smx.leaf) answer.ecx |= std::uint32_t{1} << cpuid::smx.lsb;
        return answer;
    };
    const auto without_smx = [&](std::uint32_t leaf, std::uint32_t subleaf) {
        auto answer = recorded(leaf, subleaf);
        if (leaf == cpuid::smx.leaf) answer.ecx &= ~(std::uint32_t{1} << cpuid::smx.lsb);
        return answer;
    };
    ASSERT_TRUE(write(cpu, ia32_feature_control{}.enable_vmx_outside_smx_operation(true).lock(true)));
    EXPECT_EQ(may_execute_vmxon(with_smx, cpu, {.in_smx = true}).error().why, vmxon_reason::locked_out);
    EXPECT_EQ(may_execute_vmxon(without_smx, cpu, {.in_smx = true}).error().why, vmxon_reason::smx_not_there);
    ASSERT_TRUE(write(cpu, ia32_feature_control{}.enable_vmx_inside_smx_operation(true).lock(true)));
    EXPECT_TRUE(may_execute_vmxon(with_smx, cpu, {.in_smx = true}));
}

TEST(vmxon, fails_at_the_capabilities) {
    recorded_machine recorded{haswell};
    auto cpu = changeable(recorded);
    const auto basic = read<ia32_vmx_basic>(cpu).value();
    const auto verdict_with = [&](ia32_vmx_basic changed) {
        EXPECT_TRUE(raw_write(cpu, ia32_vmx_basic::address, changed.raw()));
        const auto verdict = may_execute_vmxon(recorded, cpu);
        return verdict ? std::nullopt : std::optional{verdict.error().why};
    };
    using fields = ia32_vmx_basic::fields;
    EXPECT_EQ(verdict_with(basic.with<fields::vmcs_size>(0)), vmxon_reason::no_region_size);
    EXPECT_EQ(verdict_with(basic.with<fields::memory_type>(ia32_vmx_basic_memory_type::uc)), std::nullopt);
    EXPECT_EQ(verdict_with(basic.with<fields::memory_type>(fields::memory_type::value_type::from_raw(5))),
              vmxon_reason::no_memory_type);
    EXPECT_EQ(verdict_with(basic), std::nullopt);
    ASSERT_TRUE(raw_write(cpu, ia32_vmx_cr4_fixed1::address, 0));
    EXPECT_EQ(may_execute_vmxon(recorded, cpu).error().why, vmxon_reason::vmxe_never);
}

TEST(vmxon, fails_at_the_bits_of_cr0_and_cr4_that_it_names) {
    recorded_machine recorded{haswell};
    const auto verdict = [&](vmxon_state state) { return may_execute_vmxon(recorded, recorded.bus, state); };
    const auto cr0 = control_register_0{}.pe(true).pg(true).ne(true);
    const auto cr4 = control_register_4{}.pae(true).vmxe(true);
    EXPECT_TRUE(verdict({.cr0 = cr0.raw(), .cr4 = cr4.raw()}));
    EXPECT_EQ(verdict({.cr0 = cr0.ne(false).raw()}).error(),
              (vmxon_obstacle{.why = vmxon_reason::cr0_clear, .bits = control_register_0{}.ne(true).raw()}));
    EXPECT_EQ(verdict({.cr4 = cr4.vmxe(false).raw()}).error(),
              (vmxon_obstacle{.why = vmxon_reason::cr4_clear, .bits = control_register_4{}.vmxe(true).raw()}));
    const auto not_on_haswell = control_register_4{}.pke(true).raw();
    EXPECT_EQ(verdict({.cr4 = cr4.raw() | not_on_haswell}).error(),
              (vmxon_obstacle{.why = vmxon_reason::cr4_set, .bits = not_on_haswell}));
}

TEST(vmxon, fails_at_a_region_that_it_cannot_use) {
    recorded_machine recorded{haswell};
    auto cpu = changeable(recorded);
    const auto basic = read<ia32_vmx_basic>(cpu).value();
    const auto revision = basic.vmcs_revision().value();
    const auto verdict = [&](vmxon_region region) { return may_execute_vmxon(recorded, cpu, {.region = region}); };
    const std::uint64_t above_4_gib = std::uint64_t{1} << 32U;
    EXPECT_TRUE(verdict({.address = above_4_gib, .revision = revision}));
    EXPECT_EQ(verdict({.address = 0x1008, .revision = revision}).error().why, vmxon_reason::region_alignment);
    EXPECT_EQ(verdict({.address = 0x1000, .revision = revision + 1}).error().why, vmxon_reason::region_revision);
    const auto width = asked(recorded, cpuid::maxphyaddr);
    EXPECT_EQ(verdict({.address = std::uint64_t{1} << width, .revision = revision}).error(),
              (vmxon_obstacle{.why = vmxon_reason::region_beyond, .bits = std::uint64_t{1} << width}));
    ASSERT_TRUE(
        raw_write(cpu, ia32_vmx_basic::address, basic.with<ia32_vmx_basic::fields::physical_addresses_32>(true).raw()));
    EXPECT_EQ(
        verdict({.address = above_4_gib, .revision = revision}).error(),
        (vmxon_obstacle{.why = vmxon_reason::region_beyond, .index = ia32_vmx_basic::address, .bits = above_4_gib}));
}

TEST(vmxon, of_a_first_generation_cpu_wants_its_region_below_4_gbytes) {
    recorded_machine announcing{haswell};
    auto registers = core2_t7600().registers();
    registers[ia32_feature_control::address] =
        ia32_feature_control{}.enable_vmx_outside_smx_operation(true).lock(true).raw();
    host::simulated_cpu cpu{registers};
    const auto verdict = [&](std::uint64_t address) {
        return may_execute_vmxon(announcing, cpu, {.region = vmxon_region{.address = address, .revision = 5}});
    };
    EXPECT_TRUE(verdict(0xFFFFF000));
    EXPECT_EQ(verdict(0x100000000).error().why, vmxon_reason::region_beyond);
}

// SDM 3 A.7.
TEST(guest_cr0, may_be_without_protection_and_paging_only_when_unrestricted) {
    recorded_machine recorded{haswell};
    const auto fixed = capabilities::read(recorded.bus).value().cr0_fixed0;
    const control_register_0 restricted{guest_cr0_fixed0(fixed, false)};
    EXPECT_TRUE(restricted.pe() && restricted.pg() && restricted.ne());
    EXPECT_EQ(control_register_0{guest_cr0_fixed0(fixed, true)}, control_register_0{}.ne(true));
}

}  // namespace
}  // namespace msr::virt::vmx
