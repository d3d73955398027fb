#include "msr/context/switch_plan/plan.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/host/shipped_cpu.hpp"
#include "msr/registers/ia32_apic_base.hpp"
#include "msr/registers/ia32_cstar.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_fmask.hpp"
#include "msr/registers/ia32_fred_rsp0.hpp"
#include "msr/registers/ia32_fs_base.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_mtrrcap.hpp"
#include "msr/registers/ia32_pat.hpp"
#include "msr/registers/ia32_pkrs.hpp"
#include "msr/registers/ia32_pl0_ssp.hpp"
#include "msr/registers/ia32_pmc.hpp"
#include "msr/registers/ia32_pred_cmd.hpp"
#include "msr/registers/ia32_spec_ctrl.hpp"
#include "msr/registers/ia32_star.hpp"
#include "msr/registers/ia32_sysenter_cs.hpp"
#include "msr/registers/ia32_time_stamp_counter.hpp"
#include "msr/registers/ia32_tsc_adjust.hpp"
#include "msr/registers/ia32_tsc_aux.hpp"
#include "msr/registers/ia32_tsc_deadline.hpp"
#include "msr/registers/ia32_x2apic_eoi.hpp"
#include "msr/registers/ia32_x2apic_lvt_timer.hpp"
#include "msr/registers/ia32_x2apic_tpr.hpp"
#include "msr/registers/ia32_xss.hpp"

namespace msr::context {
namespace {

using values_by_address = std::map<std::uint32_t, std::uint64_t>;
using cause = switch_objection::cause;

std::vector<profile::known_register> pairs(const values_by_address& values) {
    std::vector<profile::known_register> result;
    for (const auto& [address, value] : values)
        result.push_back({address, value});
    return result;
}

// The rules for a shipped CPU, and plans by them.
class planner {
  public:
    planner(std::string_view cpu, const std::vector<std::uint32_t>& addresses, std::uint64_t xss = 0)
        : cpu_{catalogue::built_in(), cpu}, rows_(addresses.size()) {
        auto ascending = addresses;
        std::ranges::sort(ascending);
        const auto made = make_switch_rules(*cpu_, ascending, xss, {rows_.data(), rows_.size()});
        EXPECT_TRUE(made) << std::hex << made.error().address;
        if (made) rules_ = *made;
    }

    std::expected<register_plan, switch_objection> plan(const values_by_address& from, const values_by_address& to,
                                                        std::optional<std::uint16_t> fs_from = {},
                                                        std::optional<std::uint16_t> fs_to = {}) {
        const auto previous = pairs(from);
        const auto next = pairs(to);
        return make_register_plan({previous, fs_from}, {next, fs_to}, rules_, {storage_.data(), storage_.size()});
    }

    // In the order in which they are written.
    std::vector<std::uint32_t> written(const values_by_address& from, const values_by_address& to) {
        std::vector<std::uint32_t> result;
        const auto made = plan(from, to);
        EXPECT_TRUE(made);
        if (!made) return result;
        for (const auto& one : made->now)
            result.push_back(one.address);
        return result;
    }

    [[nodiscard]] const switch_rules& rules() const { return rules_; }

  private:
    host::shipped_cpu cpu_;
    std::vector<switch_rule> rows_;
    std::vector<planned_write> storage_ = std::vector<planned_write>(64);
    switch_rules rules_;
};

TEST(register_plan, skips_what_is_equal_and_writes_what_is_not_known) {
    planner on{"ice-lake-sp", {ia32_fs_base::address, ia32_spec_ctrl::address, ia32_pat::address}};
    EXPECT_TRUE(on.written({{ia32_fs_base::address, 5}}, {{ia32_fs_base::address, 5}}).empty());
    EXPECT_EQ(on.written({{ia32_fs_base::address, 5}, {ia32_pat::address, 1}},
                         {{ia32_fs_base::address, 6}, {ia32_spec_ctrl::address, 0}}),
              (std::vector{ia32_spec_ctrl::address, ia32_fs_base::address}));
}

// SDM volume 3, 11.8.5, and volume 4, IA32_PRED_CMD: each write acts. The counters have gone on since.
TEST(register_plan, commands_and_what_changes_by_itself_are_always_written) {
    const std::vector<std::uint32_t> all{ia32_time_stamp_counter::address, ia32_pred_cmd::address, ia32_pmc::address,
                                         ia32_tsc_deadline::address, ia32_x2apic_eoi::address};
    planner on{"ice-lake-sp", all};
    for (const auto address : all)
        EXPECT_EQ(on.written({{address, 1}}, {{address, 1}}), std::vector{address}) << std::hex << address;
    // These change in user mode, or by the task alone.
    const std::vector<std::uint32_t> tasks{ia32_spec_ctrl::address, ia32_fred_rsp0::address,
                                           ia32_pl0_ssp::address,   ia32_pkrs::address,
                                           ia32_fs_base::address,   ia32_kernel_gs_base::address};
    planner quiet{"panther-lake", tasks};
    for (const auto address : tasks) {
        const auto plan = quiet.plan({{address, 64}}, {{address, 64}});
        ASSERT_TRUE(plan);
        EXPECT_TRUE(plan->now.empty() && plan->late.empty()) << std::hex << address;
    }
}

TEST(register_plan, a_selector_that_is_loaded_takes_the_base_with_it) {
    planner on{"skylake-sp", {ia32_fs_base::address}};
    const auto plan = on.plan({{ia32_fs_base::address, 5}}, {{ia32_fs_base::address, 5}}, 0, 0x2B);
    ASSERT_TRUE(plan);
    EXPECT_TRUE(plan->load_fs);
    EXPECT_FALSE(plan->load_gs);
    ASSERT_EQ(plan->now.size(), 1);
    EXPECT_EQ(plan->now[0].value, 5);
}

// As with values: what is not known is loaded, and what the next does not have stays.
TEST(register_plan, a_selector_that_is_not_known_is_loaded) {
    planner on{"skylake-sp", {ia32_fs_base::address}};
    EXPECT_TRUE(on.plan({}, {{ia32_fs_base::address, 5}}, {}, 0)->load_fs);
    EXPECT_FALSE(on.plan({}, {{ia32_fs_base::address, 5}}, 0x2B, {})->load_fs);
    EXPECT_FALSE(on.plan({}, {{ia32_fs_base::address, 5}}, 0x2B, 0x2B)->load_fs);
}

// SDM volume 3, 11.5.4.1: a deadline is ignored unless the timer is in its mode, and it is one of the counter as it is
// then. Volume 3, 11.12.1: there are no x2APIC registers before the APIC is in that mode.
TEST(register_plan, the_apic_and_the_counter_come_before_the_deadline) {
    const std::vector<std::uint32_t> all{ia32_time_stamp_counter::address, ia32_apic_base::address,
                                         ia32_tsc_adjust::address,         ia32_tsc_deadline::address,
                                         ia32_x2apic_tpr::address,         ia32_x2apic_lvt_timer::address};
    planner on{"ice-lake-sp", all};
    values_by_address next;
    for (const auto address : all)
        next[address] = 1;
    const auto order = on.written({}, next);
    const auto place = [&](std::uint32_t address) { return std::ranges::find(order, address) - order.begin(); };
    ASSERT_EQ(order.size(), all.size());
    EXPECT_LT(place(ia32_apic_base::address), place(ia32_x2apic_tpr::address));
    EXPECT_LT(place(ia32_apic_base::address), place(ia32_x2apic_lvt_timer::address));
    EXPECT_LT(place(ia32_tsc_adjust::address), place(ia32_time_stamp_counter::address));
    for (const auto first : {ia32_x2apic_lvt_timer::address, ia32_time_stamp_counter::address})
        EXPECT_LT(place(first), place(ia32_tsc_deadline::address));
}

TEST(register_plan, paging_stays_as_it_is) {
    planner on{"skylake-sp", {ia32_efer::address}};
    const auto usual = ia32_efer::fields::lme::mask | ia32_efer::fields::lma::mask;
    const auto with_calls = usual | ia32_efer::fields::sce::mask;
    EXPECT_EQ(on.written({{ia32_efer::address, usual}}, {{ia32_efer::address, with_calls}}).size(), 1);
    const auto refused = on.plan({{ia32_efer::address, usual}}, {{ia32_efer::address, 0}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), (switch_objection{ia32_efer::address, cause::paging}));
}

TEST(register_plan, what_user_mode_alone_needs_can_wait) {
    planner on{"panther-lake",
               {ia32_star::address, ia32_lstar::address, ia32_fmask::address, ia32_tsc_aux::address,
                ia32_fred_rsp0::address, ia32_kernel_gs_base::address}};
    const auto plan = on.plan({}, {{ia32_star::address, 1},
                                   {ia32_lstar::address, 1},
                                   {ia32_fmask::address, 1},
                                   {ia32_tsc_aux::address, 1},
                                   {ia32_fred_rsp0::address, 64},
                                   {ia32_kernel_gs_base::address, 1}});
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->late.size(), 5);
    ASSERT_EQ(plan->now.size(), 1);
    EXPECT_EQ(plan->now[0].address, ia32_kernel_gs_base::address);
}

TEST(register_plan, what_xsaves_switches_is_left_to_it) {
    const values_by_address from{{ia32_pl0_ssp::address, 0x1000}};
    const values_by_address to{{ia32_pl0_ssp::address, 0x2000}};
    planner with_cet{"panther-lake", {ia32_pl0_ssp::address}, ia32_xss::fields::cet_s::mask};
    const auto left = with_cet.plan(from, to);
    ASSERT_TRUE(left);
    EXPECT_TRUE(left->now.empty() && left->late.empty());
    planner without{"panther-lake", {ia32_pl0_ssp::address}, ia32_xss::fields::cet_u::mask};
    const auto late = without.plan(from, to);
    ASSERT_TRUE(late);
    EXPECT_EQ(late->late.size(), 1);
}

// APM volume 2, 16.3 and 8000_0021H:EAX[1]; SDM volume 2, WRMSRNS.
TEST(register_plan, the_instruction_follows_from_what_serialises) {
    const values_by_address next{{ia32_fs_base::address, 1}, {ia32_spec_ctrl::address, 1}};
    const auto by = [&](std::string_view cpu) {
        planner on{cpu, {ia32_fs_base::address, ia32_spec_ctrl::address}};
        const auto plan = on.plan({}, next);
        std::map<std::uint32_t, planned_write> result;
        EXPECT_TRUE(plan);
        for (const auto& one : plan ? plan->now : view<planned_write>{})
            result[one.address] = one;
        return result;
    };
    EXPECT_EQ(by("ice-lake-sp")[ia32_fs_base::address].by, write_instruction::wrmsr);
    EXPECT_TRUE(by("ice-lake-sp")[ia32_fs_base::address].serialises);
    EXPECT_EQ(by("zen-4")[ia32_fs_base::address].by, write_instruction::wrmsr);
    EXPECT_FALSE(by("zen-4")[ia32_fs_base::address].serialises);
    EXPECT_EQ(by("panther-lake")[ia32_fs_base::address].by, write_instruction::wrmsrns);
    EXPECT_FALSE(by("panther-lake")[ia32_fs_base::address].serialises);
    // Its WRMSR serialises on no CPU.
    EXPECT_EQ(by("panther-lake")[ia32_spec_ctrl::address].by, write_instruction::wrmsr);
    EXPECT_FALSE(by("panther-lake")[ia32_spec_ctrl::address].serialises);
}

TEST(register_plan, many_are_written_by_one_list) {
    const std::vector<std::uint32_t> all{ia32_fs_base::address, ia32_kernel_gs_base::address, ia32_pat::address,
                                         ia32_efer::address};
    planner on{"panther-lake", all};
    values_by_address next;
    for (const auto address : all)
        next[address] = 1;
    const auto plan = on.plan({}, next);
    ASSERT_TRUE(plan);
    const auto in_list = [](const planned_write& one) { return one.by == write_instruction::wrmsrlist; };
    EXPECT_TRUE(std::ranges::all_of(plan->now, in_list));
    next.erase(ia32_pat::address);
    const auto few = on.plan({}, next);
    ASSERT_TRUE(few);
    EXPECT_TRUE(std::ranges::none_of(few->now, in_list));
}

// Whichever is taken is the cheaper one by the costs that are assumed.
TEST(register_plan, a_list_is_taken_where_it_costs_less) {
    for (std::size_t count = 1; count <= 2 * most_in_list; ++count) {
        const std::vector<planned_write> one_by_one(count, {.by = write_instruction::wrmsrns, .serialises = false});
        const std::vector<planned_write> list(count, {.by = write_instruction::wrmsrlist, .serialises = false});
        EXPECT_EQ(assumed_cycles_of(list) < assumed_cycles_of(one_by_one), count >= least_in_list) << count;
    }
}

// A write that another one relies on is over before it.
TEST(register_plan, what_others_rely_on_is_written_by_wrmsr) {
    const std::vector<std::uint32_t> pair{ia32_apic_base::address, ia32_x2apic_tpr::address};
    planner both{"panther-lake", pair};
    EXPECT_EQ(both.rules().find(ia32_apic_base::address)->by, write_instruction::wrmsr);
    planner alone{"panther-lake", {ia32_apic_base::address}};
    EXPECT_EQ(alone.rules().find(ia32_apic_base::address)->by, write_instruction::wrmsrns);
}

TEST(register_plan, refuses_what_it_cannot_plan) {
    host::shipped_cpu skylake{catalogue::built_in(), "skylake-sp"};
    std::vector<switch_rule> rows(2);
    const auto why = [&](std::vector<std::uint32_t> addresses, std::size_t room = 2) {
        const auto made = make_switch_rules(*skylake, addresses, 0, {rows.data(), room});
        EXPECT_FALSE(made);
        return made ? switch_objection{} : made.error();
    };
    EXPECT_EQ(why({ia32_fred_rsp0::address}), (switch_objection{ia32_fred_rsp0::address, cause::not_on_cpu}));
    EXPECT_EQ(why({ia32_mtrrcap::address}), (switch_objection{ia32_mtrrcap::address, cause::not_writable}));
    EXPECT_EQ(why({ia32_pat::address, ia32_tsc_adjust::address}).why, cause::out_of_order);
    EXPECT_EQ(why({ia32_pat::address, ia32_pat::address}).why, cause::out_of_order);
    EXPECT_EQ(why({ia32_tsc_adjust::address, ia32_pat::address}, 1).why, cause::no_room);

    planner on{"skylake-sp", {ia32_tsc_adjust::address, ia32_pat::address}};
    const std::vector<profile::known_register> unsorted{{ia32_pat::address, 1}, {ia32_tsc_adjust::address, 1}};
    std::vector<planned_write> storage(2);
    EXPECT_EQ(make_register_plan({}, {unsorted}, on.rules(), {storage.data(), 2}).error().why, cause::no_rule);
    EXPECT_EQ(on.plan({}, {{ia32_efer::address, 1}}).error().why, cause::no_rule);
    const auto both = pairs({{ia32_pat::address, 1}, {ia32_tsc_adjust::address, 1}});
    EXPECT_EQ(make_register_plan({}, {both}, on.rules(), {storage.data(), 1}).error().why, cause::no_room);
}

// Every shipped CPU's switched registers have an order, and no write comes before one that it is after.
TEST(register_plan, every_shipped_cpu_has_an_order) {
    for (const auto& shipped : catalogue::built_in().profiles) {
        host::shipped_cpu cpu{catalogue::built_in(), shipped.name};
        std::vector<std::uint32_t> addresses;
        for (const auto& entry : catalogue::built_in().registers) {
            if (entry.access == catalogue::access::read_only || profile::exists(entry, *cpu) == catalogue::holds::no)
                continue;
            if (addresses.empty() || addresses.back() < entry.address) addresses.push_back(entry.address);
        }
        std::vector<switch_rule> rows(addresses.size());
        const auto made = make_switch_rules(*cpu, addresses, 0, {rows.data(), rows.size()});
        ASSERT_TRUE(made) << std::string_view{shipped.name} << std::hex << ' ' << made.error().address << ' '
                          << std::string_view{to_string(made.error().why)};
        for (const auto& row : made->rows)
            EXPECT_LT(row.order, 8) << std::string_view{shipped.name} << std::hex << ' ' << row.address;
    }
}

}  // namespace
}  // namespace msr::context
