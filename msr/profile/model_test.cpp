// Departures of a model at work: KVM's, on an Intel CPU.
#include <vector>

#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/catalogue/lookup.hpp"
#include "msr/core/access.hpp"
#include "msr/host/owned.hpp"
#include "msr/profile/behaviour.hpp"
#include "msr/registers/ia32_mcg_cap.hpp"
#include "msr/registers/ia32_smbase.hpp"
#include "msr/registers/ia32_vmx_basic.hpp"
#include "msr/registers/ia32_vmx_true_pinbased_ctls.hpp"
#include "msr/rules/all.hpp"
#include "msr/virt/guest.hpp"

namespace {

using msr::profile::objection;

const msr::catalogue::model_entry* model(std::string_view name) {
    for (const auto& one : msr::catalogue::built_in().models) {
        if (one.name == name) return &one;
    }
    return nullptr;
}

std::vector<msr::profile::cpuid_leaf> haswell_with_vmx() {
    return {{0, 0, {.eax = 0xD, .ebx = 0x756E6547, .ecx = 0x6C65746E, .edx = 0x49656E69}},
            {1, 0, {.eax = 0x306C3, .ebx = 0, .ecx = 0x20, .edx = 0x78BFBFF}}};
}

class played {
  public:
    explicit played(std::string_view by, std::vector<msr::profile::known_register> known = {})
        : leaves_{haswell_with_vmx()},
          known_{std::move(known)},
          table_{msr::profile::profile{msr::catalogue::built_in(), leaves_, known_},
                 {.model = model(by), .rules = msr::rules::all}},
          values_(table_->initial().size()),
          guest_{*table_, table_.cpu(), values_.data()} {}

    msr::virt::guest& operator*() { return guest_; }
    msr::virt::guest* operator->() { return &guest_; }

  private:
    std::vector<msr::profile::cpuid_leaf> leaves_;
    std::vector<msr::profile::known_register> known_;
    msr::host::owned_table table_;
    std::vector<std::uint64_t> values_;
    msr::virt::guest guest_;
};

TEST(model, a_register_can_be_the_hypervisors_alone) {
    played kvm{"kvm-6.1"};
    constexpr auto address = msr::ia32_smbase::address;
    EXPECT_EQ(kvm->explained_read(address, false).why, objection::absent);
    EXPECT_EQ(kvm->explained_write(address, 1, false).why, objection::absent);
    EXPECT_FALSE(kvm->explained_write(address, 0x30000, true).faults());
    EXPECT_EQ(kvm->explained_read(address, true).result, 0x30000U);
}

TEST(model, capabilities_can_be_taken_away_and_given_back_but_not_added) {
    constexpr auto address = msr::ia32_vmx_true_pinbased_ctls::address;
    constexpr std::uint64_t reported = 0x7F'0000'0016;
    const auto basic = msr::ia32_vmx_basic::fields::true_controls::mask;
    played kvm{"kvm-6.1", {{msr::ia32_vmx_basic::address, basic}, {address, reported}}};
    const auto write = [&](std::uint64_t value) { return kvm->explained_write(address, value, true).why; };
    constexpr std::uint64_t narrower = 0x1F'0000'0016;
    EXPECT_EQ(write(narrower), objection::none);
    EXPECT_EQ(write(reported), objection::none);
    EXPECT_EQ(write(reported | std::uint64_t{1} << 40U), objection::illegal_value);
    EXPECT_EQ(write(reported & ~std::uint64_t{2}), objection::illegal_value);
    EXPECT_EQ(write(reported | 1U), objection::none);
    EXPECT_TRUE(kvm->explained_write(address, reported, false).faults());
}

TEST(model, a_condition_can_be_over_all_of_a_value) {
    played kvm{"kvm-6.1", {{msr::ia32_mcg_cap::address, 0x20}}};
    const auto target = msr::catalogue::find_by_name(msr::catalogue::built_in(), "IA32_MC0_CTL");
    const auto address = target->front().entry->address;
    const auto write = [&](std::uint64_t value) { return kvm->explained_write(address, value).why; };
    EXPECT_EQ(write(0), objection::none);
    EXPECT_EQ(write(~std::uint64_t{0}), objection::none);
    EXPECT_EQ(write(~std::uint64_t{1}), objection::none);
    EXPECT_EQ(write(1), objection::illegal_value);
}

TEST(model, the_later_kernel_has_what_the_earlier_one_has) {
    for (const auto* name : {"kvm-6.1", "kvm-7.3"}) {
        played kvm{name};
        EXPECT_EQ(kvm->explained_read(msr::ia32_smbase::address, false).why, objection::absent) << name;
        EXPECT_FALSE(kvm->explained_read(msr::ia32_smbase::address, true).faults()) << name;
    }
}

}  // namespace
