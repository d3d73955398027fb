// SVM discovery on recorded CPUs: features, and the step at which VMRUN fails.
#include <gtest/gtest.h>

#include "msr/host/simulated.hpp"
#include "msr/profile/recorded_cpus.hpp"
#include "msr/virt/recorded_machine.hpp"
#include "msr/virt/svm/capabilities.hpp"
#include "msr/virt/svm/readiness.hpp"

namespace msr::virt::svm {
namespace {

using vmrun_reason = vmrun_obstacle::reason;

class on_zen_2 : public testing::Test {
  protected:
    std::optional<vmrun_reason> verdict() {
        const auto found = may_execute_vmrun(
            [&](std::uint32_t leaf, std::uint32_t subleaf) { return catalogue::find(recorded.cpuid, leaf, subleaf); },
            cpu);
        return found ? std::nullopt : std::optional{found.error().why};
    }

    profile::recorded_cpu recorded = profile::zen2_ryzen_3600x();
    host::simulated_cpu cpu{{{vm_cr::address, 0}, {ia32_efer::address, 0}, {vm_hsave_pa::address, 0}}};
};

// APM 2 15.4, step by step.
TEST_F(on_zen_2, each_step_is_asked_for_in_its_turn) {
    ASSERT_TRUE(write(cpu, vm_cr{}.svmdis(true)));
    EXPECT_EQ(verdict(), vmrun_reason::disabled);
    ASSERT_TRUE(write(cpu, vm_cr{}.svmdis(true).lock(true)));
    EXPECT_EQ(verdict(), vmrun_reason::locked_with_key);
    ASSERT_TRUE(write(cpu, vm_cr{}.lock(true)));
    EXPECT_EQ(verdict(), vmrun_reason::svme_clear) << "a lock on an enabled SVM locks nothing out";
    ASSERT_TRUE(write(cpu, ia32_efer{}.svme(true)));
    EXPECT_EQ(verdict(), vmrun_reason::no_save_area);
    ASSERT_TRUE(write(cpu, vm_hsave_pa{0x1000}));
    EXPECT_EQ(verdict(), std::nullopt);
}

// APM 2 15.4 and 15.30.4: EFER.SVME and VM_HSAVE_PA are what software sets as it begins; VM_CR is the firmware's.
TEST_F(on_zen_2, a_system_that_has_not_begun_is_ready_and_a_locked_out_one_is_not) {
    const auto ready = [&] {
        return is_ready(may_execute_vmrun(
            [&](std::uint32_t leaf, std::uint32_t subleaf) { return catalogue::find(recorded.cpuid, leaf, subleaf); },
            cpu));
    };
    EXPECT_TRUE(ready());
    ASSERT_TRUE(write(cpu, ia32_efer{}.svme(true)));
    EXPECT_TRUE(ready());
    ASSERT_TRUE(write(cpu, vm_hsave_pa{0x1000}));
    EXPECT_TRUE(ready());
    ASSERT_TRUE(write(cpu, vm_cr{}.svmdis(true).lock(true)));
    EXPECT_FALSE(ready());
    cpu.fail(vm_cr::address, direction::read, cause::not_permitted);
    EXPECT_FALSE(ready());
}

TEST_F(on_zen_2, without_the_key_a_lock_is_for_firmware) {
    for (auto& leaf : recorded.cpuid) {
        if (leaf.leaf == cpuid::svm_lock.leaf) leaf.answer.edx &= ~(std::uint32_t{1} << cpuid::svm_lock.lsb);
    }
    ASSERT_TRUE(write(cpu, vm_cr{}.svmdis(true).lock(true)));
    EXPECT_EQ(verdict(), vmrun_reason::locked_out);
}

TEST_F(on_zen_2, what_cannot_be_read_is_named) {
    cpu.fail(vm_cr::address, direction::read, cause::not_permitted);
    const auto found = may_execute_vmrun(
        [&](std::uint32_t leaf, std::uint32_t subleaf) { return catalogue::find(recorded.cpuid, leaf, subleaf); }, cpu);
    EXPECT_EQ(found.error(), (vmrun_obstacle{vmrun_reason::not_known, vm_cr::address, cause::not_permitted}));
}

TEST_F(on_zen_2, features_are_those_of_the_leaf) {
    const auto found = capabilities::read(
        [&](std::uint32_t leaf, std::uint32_t subleaf) { return catalogue::find(recorded.cpuid, leaf, subleaf); });
    EXPECT_EQ(found.revision, 1U);
    EXPECT_EQ(found.address_space_identifiers, 0x8000U);
    EXPECT_TRUE(found.has<cpuid::nested_paging>());
    EXPECT_TRUE(found.has<cpuid::nrip_save>());
    EXPECT_TRUE(found.has<cpuid::avic>());
    EXPECT_FALSE(found.has<cpuid::x2avic>());
    EXPECT_FALSE(found.has<cpuid::vnmi>());
}

// An Intel CPU answers a leaf beyond its last with another leaf's data: that is not SVM.
TEST(svm, is_not_on_a_cpu_without_it) {
    recorded_machine intel{haswell};
    EXPECT_EQ(may_execute_vmrun(intel, intel.bus).error().why, vmrun_reason::not_announced);
    EXPECT_EQ(capabilities::read(intel), capabilities{});
    const auto echoing = [&](std::uint32_t leaf, std::uint32_t subleaf) {
        return leaf > 0x80000008 ? catalogue::cpuid_answer{~0U, ~0U, ~0U, ~0U} : intel(leaf, subleaf);
    };
    EXPECT_EQ(asked(echoing, cpuid::nested_paging), 0U);
}

TEST(svm, is_not_switched_on_on_a_recorded_epyc) {
    recorded_machine recorded{epyc};
    const auto verdict = may_execute_vmrun(recorded, recorded.bus);
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error().why, vmrun_reason::svme_clear);
}

}  // namespace
}  // namespace msr::virt::svm
