#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/core/access.hpp"
#include "msr/host/owned.hpp"
#include "msr/host/shipped_cpu.hpp"
#include "msr/registers/hwcr_family_10h.hpp"
#include "msr/registers/ia32_apic_base.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_feature_control.hpp"
#include "msr/registers/ia32_mcg_cap.hpp"
#include "msr/registers/ia32_mcg_ext_ctl.hpp"
#include "msr/registers/ia32_mci_status.hpp"
#include "msr/registers/ia32_pmc.hpp"
#include "msr/registers/ia32_rtit_cr3_match.hpp"
#include "msr/registers/ia32_rtit_ctl.hpp"
#include "msr/registers/ia32_time_stamp_counter.hpp"
#include "msr/registers/ia32_tsc_adjust.hpp"
#include "msr/registers/ia32_tsc_deadline.hpp"
#include "msr/registers/ia32_u_cet.hpp"
#include "msr/registers/ia32_x2apic_lvt_timer.hpp"
#include "msr/registers/ia32_x2apic_sivr.hpp"
#include "msr/registers/ia32_x2apic_tpr.hpp"
#include "msr/registers/vm_cr.hpp"
#include "msr/rules/all.hpp"
#include "msr/rules/follow_paging.hpp"
#include "msr/virt/guest.hpp"

namespace {

struct virtual_cpu {
    explicit virtual_cpu(std::string_view profile)
        : cpu{msr::catalogue::built_in(),
              profile,
              {{msr::ia32_mcg_cap::address, msr::ia32_mcg_cap{}
                                                .with<msr::ia32_mcg_cap::fields::count>(msr::bits<8>::from_raw(4))
                                                .with<msr::ia32_mcg_cap::fields::mcg_lmce_p>(true)
                                                .raw()}}},
          table{*cpu, {.rules = msr::rules::all}},
          values(table->initial().size()),
          guest{*table, table.cpu(), values.data()} {}

    template <class Register>
    bool write(Register value) {
        return guest.write(Register::address, value.raw()).has_value();
    }
    template <class Register>
    Register read() {
        return Register::from_raw(guest.read(Register::address).value());
    }

    msr::host::shipped_cpu cpu;
    msr::host::owned_table table;
    std::vector<std::uint64_t> values;
    msr::virt::guest guest;
};

TEST(rules, are_those_that_the_catalogue_declares) {
    const auto& declared = msr::catalogue::built_in().rules;
    for (const auto& one : declared)
        EXPECT_TRUE(std::ranges::any_of(msr::rules::all, [&](const auto& rule) { return rule.name == one.name; }))
            << std::string_view{one.name};
    EXPECT_EQ(declared.size(), std::size(msr::rules::all));
}

TEST(rules, long_mode_enable_is_fixed_while_paging_and_active_follows_it) {
    virtual_cpu one{"zen-4"};
    const auto enable = msr::ia32_efer{}.lme(true);
    ASSERT_TRUE(one.write(enable));
    EXPECT_FALSE(one.read<msr::ia32_efer>().lma());
    one.guest.around().state.paging = true;
    msr::rules::follow_paging(one.guest.around());
    EXPECT_TRUE(one.read<msr::ia32_efer>().lma());
    const auto active = one.read<msr::ia32_efer>();
    EXPECT_FALSE(one.write(active.lme(false)));
    EXPECT_TRUE(one.write(active.sce(true)));
}

TEST(rules, svm_is_either_enabled_or_disabled) {
    virtual_cpu one{"zen-4"};
    ASSERT_TRUE(one.write(msr::ia32_efer{}.svme(true)));
    EXPECT_FALSE(one.write(msr::vm_cr{}.svmdis(true)));
    ASSERT_TRUE(one.write(msr::ia32_efer{}));
    ASSERT_TRUE(one.write(msr::vm_cr{}.svmdis(true)));
    EXPECT_FALSE(one.write(msr::ia32_efer{}.svme(true)));
}

TEST(rules, the_local_apic_changes_modes_only_along_the_manuals_arrows) {
    virtual_cpu one{"sapphire-rapids"};
    const auto xapic = one.read<msr::ia32_apic_base>();
    ASSERT_TRUE(xapic.en());
    EXPECT_FALSE(one.guest.read(msr::ia32_x2apic_tpr::address)) << "x2APIC registers in xAPIC mode";
    EXPECT_FALSE(one.write(xapic.en(false).extd(true)));
    ASSERT_TRUE(one.write(xapic.extd(true)));
    EXPECT_TRUE(one.guest.read(msr::ia32_x2apic_tpr::address));
    EXPECT_FALSE(one.write(xapic)) << "x2APIC to xAPIC";
    ASSERT_TRUE(one.write(xapic.en(false)));
    EXPECT_FALSE(one.write(xapic.extd(true))) << "disabled to x2APIC";
    EXPECT_TRUE(one.guest.host_write(msr::ia32_apic_base::address, xapic.extd(true).raw()))
        << "a hypervisor may restore any mode";
}

TEST(rules, the_counter_and_its_offset_move_together) {
    virtual_cpu one{"ice-lake-sp"};
    ASSERT_TRUE(one.write(msr::ia32_time_stamp_counter{1000}));
    EXPECT_EQ(one.read<msr::ia32_tsc_adjust>().raw(), 1000U);
    ASSERT_TRUE(one.write(msr::ia32_tsc_adjust{400}));
    EXPECT_EQ(one.read<msr::ia32_time_stamp_counter>().raw(), 400U);
    // A hypervisor that restores a guest sets each by itself.
    ASSERT_TRUE(one.guest.host_write(msr::ia32_time_stamp_counter::address, 5));
    EXPECT_EQ(one.read<msr::ia32_tsc_adjust>().raw(), 400U);
}

TEST(rules, a_deadline_is_kept_only_in_its_mode) {
    virtual_cpu one{"ice-lake-sp"};
    ASSERT_TRUE(one.write(msr::ia32_tsc_deadline{77}));
    EXPECT_EQ(one.read<msr::ia32_tsc_deadline>().raw(), 0U);
    one.guest.around().state.timer_deadline_mode = true;
    ASSERT_TRUE(one.write(msr::ia32_tsc_deadline{77}));
    EXPECT_EQ(one.read<msr::ia32_tsc_deadline>().raw(), 77U);
}

// SDM volume 3, 11.4.7.2.
TEST(rules, a_disabled_local_apic_keeps_its_local_vectors_masked) {
    virtual_cpu one{"sapphire-rapids"};
    ASSERT_TRUE(one.write(one.read<msr::ia32_apic_base>().extd(true)));
    const auto unmasked = msr::ia32_x2apic_lvt_timer::at_reset().mask(false);
    ASSERT_TRUE(one.write(unmasked));
    EXPECT_TRUE(one.read<msr::ia32_x2apic_lvt_timer>().mask());
    ASSERT_TRUE(one.write(one.read<msr::ia32_x2apic_sivr>().apic_software_enable(true)));
    ASSERT_TRUE(one.write(unmasked));
    EXPECT_FALSE(one.read<msr::ia32_x2apic_lvt_timer>().mask());
}

TEST(rules, machine_check_banks_are_only_cleared_except_on_amd_when_asked) {
    const auto error = msr::ia32_mci_status{}.val(true);
    virtual_cpu intel{"ice-lake-sp"};
    EXPECT_FALSE(intel.write(error));
    EXPECT_TRUE(intel.write(msr::ia32_mci_status{}));
    EXPECT_TRUE(intel.guest.host_write(msr::ia32_mci_status::address, error.raw()));
    virtual_cpu amd{"zen-4"};
    EXPECT_FALSE(amd.write(error));
    ASSERT_TRUE(
        amd.guest.host_write(msr::hwcr_family_10h::address, msr::hwcr_family_10h{}.mc_status_wr_en(true).raw()));
    EXPECT_TRUE(amd.write(error));
}

TEST(rules, local_machine_checks_need_firmwares_consent) {
    virtual_cpu one{"ice-lake-sp"};
    EXPECT_FALSE(one.guest.read(msr::ia32_mcg_ext_ctl::address));
    ASSERT_TRUE(one.write(msr::ia32_feature_control{}.lmce_on(true).lock(true)));
    EXPECT_TRUE(one.guest.read(msr::ia32_mcg_ext_ctl::address));
    EXPECT_TRUE(one.write(msr::ia32_mcg_ext_ctl{}.lmce_en(true)));
}

TEST(rules, a_counter_takes_32_bits_and_their_sign) {
    virtual_cpu one{"skylake-sp"};
    ASSERT_TRUE(one.guest.write(msr::ia32_pmc::address, 0x1'8000'0000));
    const auto width = one.guest.read(msr::ia32_pmc::address).value();
    EXPECT_EQ(width, 0xFFFF'8000'0000U) << "48 bits";
    ASSERT_TRUE(one.guest.write(msr::ia32_pmc::address, 0x1'7FFF'FFFF));
    EXPECT_EQ(one.guest.read(msr::ia32_pmc::address).value(), 0x7FFF'FFFFU);
}

TEST(rules, a_running_trace_can_only_be_stopped) {
    virtual_cpu one{"max-intel"};
    const auto running = msr::ia32_rtit_ctl{}.trace_en(true);
    ASSERT_TRUE(one.write(running));
    EXPECT_FALSE(one.write(running.os(true)));
    EXPECT_FALSE(one.guest.write(msr::ia32_rtit_cr3_match::address, 0));
    EXPECT_TRUE(one.write(running.trace_en(false)));
    EXPECT_TRUE(one.guest.write(msr::ia32_rtit_cr3_match::address, 0));
}

TEST(rules, branch_tracking_is_suppressed_or_waits_not_both) {
    virtual_cpu one{"sapphire-rapids"};
    EXPECT_TRUE(one.write(msr::ia32_u_cet{}.suppress(true)));
    EXPECT_TRUE(one.write(msr::ia32_u_cet{}.tracker(true)));
    EXPECT_FALSE(one.write(msr::ia32_u_cet{}.suppress(true).tracker(true)));
}

}  // namespace
