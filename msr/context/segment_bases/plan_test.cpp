#include "msr/context/segment_bases/plan.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/context/segment_bases/checker.hpp"
#include "msr/context/segment_bases/reader.hpp"
#include "msr/host/shipped_cpu.hpp"

namespace msr::context {
namespace {

constexpr user_bases flat{};
constexpr user_bases with_bases{.fs_base = 0x7F0000001000, .gs_base = 0x7F0000002000};
constexpr user_bases disconnected{.fs = 0x33, .fs_base = 0x7E0000003000, .gs = 0x3B, .gs_base = 0x7E0000004000};
constexpr user_bases only_selector{.fs_base = 0x7D0000005000, .gs = 0x33, .gs_base = 0};
constexpr user_bases all_tasks[]{flat, with_bases, disconnected, only_selector};

cpu_facts facts_of_profile(std::string_view name) {
    return facts_of(*host::shipped_cpu{catalogue::built_in(), name});
}

bool uses(const switch_plan& plan, planned step) {
    return std::ranges::find(plan.steps, step) != plan.steps.end();
}

// As deep as the tool proves it. By the IDT for the pair with the fewest states alone: all of them are 140 million.
bool is_proven_deeply(delivery mode, const user_bases& from, const user_bases& to) {
    return mode == delivery::fred || (from == disconnected && to == with_bases);
}

void expect_proven(const cpu_facts& facts, delivery mode, const user_bases& from, const user_bases& to) {
    const auto text = plan_sequence(facts, mode, from, to);
    // Most CPUs have the same of what matters here.
    static std::set<std::pair<std::string, bool>> proven;
    if (!proven.insert({text, facts.null_clears_base}).second) return;
    auto plan = read("plan", text, mode, facts);
    ASSERT_TRUE(plan) << plan.error().line << ':' << plan.error().column << ' ' << plan.error().message << '\n' << text;
    if (!is_proven_deeply(mode, from, to)) plan->depth = 2;
    const auto result = check(*plan, facts, mode);
    EXPECT_EQ(result.is, verdict::safe) << text << trace_text(*plan, result);
}

// Every plan, for every CPU that ships, for every pair of tasks.
TEST(plan, is_proven_on_every_shipped_profile) {
    for (const auto& entry : catalogue::built_in().profiles) {
        const auto facts = facts_of_profile(std::string_view{entry.name});
        for (const auto mode : {delivery::idt, delivery::fred}) {
            if (mode == delivery::fred && !facts.fred) continue;
            for (const auto& from : all_tasks) {
                for (const auto& to : all_tasks) {
                    SCOPED_TRACE(std::string_view{entry.name});
                    expect_proven(facts, mode, from, to);
                }
            }
        }
    }
}

// CPUs older than those that ship, or with one thing less: the plans must not count on it.
TEST(plan, is_proven_without_each_feature) {
    const cpu_facts bare{};
    cpu_facts keeps_base{};
    keeps_base.null_clears_base = false;
    cpu_facts keeps_base_fast = keeps_base;
    keeps_base_fast.fsgsbase = true;
    cpu_facts fred_only{};
    fred_only.fred = fred_only.lkgs = true;
    for (const auto& facts : {bare, keeps_base, keeps_base_fast}) {
        for (const auto& from : all_tasks) {
            for (const auto& to : all_tasks)
                expect_proven(facts, delivery::idt, from, to);
        }
    }
    expect_proven(fred_only, delivery::fred, disconnected, with_bases);
    expect_proven(fred_only, delivery::fred, with_bases, disconnected);
}

TEST(plan, under_fred_uses_lkgs_and_a_write_that_does_not_serialise) {
    const auto facts = facts_of_profile("panther-lake");
    ASSERT_TRUE(facts.fred);
    const auto plan = make_plan(facts, delivery::fred, disconnected);
    EXPECT_TRUE(uses(plan, planned::load_gs_by_lkgs));
    EXPECT_TRUE(uses(plan, planned::wrmsrns_gs_base) || uses(plan, planned::immediate_gs_base));
    EXPECT_FALSE(uses(plan, planned::swapgs));
    EXPECT_FALSE(uses(plan, planned::wrmsr_gs_base));
}

TEST(plan, under_the_idt_with_fsgsbase_needs_one_pair) {
    const auto plan = make_plan(facts_of_profile("skylake-sp"), delivery::idt, disconnected);
    EXPECT_EQ(std::ranges::count(plan.steps, planned::swapgs), 2);
    EXPECT_TRUE(uses(plan, planned::save_gs_base));
    EXPECT_TRUE(uses(plan, planned::write_gs_base));
}

// A null selector's load makes the base 0 where it clears it. Nothing else may be left out: users load selectors.
TEST(plan, leaves_out_only_what_a_null_selector_clears) {
    auto keeps_base = cpu_facts{};
    keeps_base.null_clears_base = false;
    EXPECT_FALSE(holds_for_every_task(make_plan({}, delivery::idt, flat)));
    EXPECT_TRUE(holds_for_every_task(make_plan(keeps_base, delivery::idt, flat)));
    EXPECT_TRUE(holds_for_every_task(make_plan({}, delivery::idt, with_bases)));
    EXPECT_TRUE(uses(make_plan({}, delivery::idt, flat), planned::load_gs));
}

// The proof has to notice what it is there for. What the second task has is saved as it was, so that is left out.
TEST(plan, is_refuted_without_any_one_of_its_steps) {
    constexpr std::array steps{operation::mov_fs,   operation::mov_gs,      operation::lkgs,
                               operation::rdfsbase, operation::rdgsbase,    operation::swapgs,
                               operation::rdmsr,    operation::mov_from_gs, operation::mov_from_fs};
    for (const auto* const name : {"skylake-sp", "panther-lake"}) {
        const auto facts = facts_of_profile(name);
        const auto mode = facts.fred ? delivery::fred : delivery::idt;
        auto whole = read("plan", plan_sequence(facts, mode, with_bases, disconnected), mode, facts);
        ASSERT_TRUE(whole);
        whole->depth = 1;
        ASSERT_EQ(check(*whole, facts, mode).is, verdict::safe);
        for (std::size_t at = 0; at < whole->code.size(); ++at) {
            const auto& one = whole->code[at];
            const auto& written = whole->lines[at];
            const bool saves_second = written.starts_with("mov b_") || written.starts_with("rdmsr b_") ||
                                      written.starts_with("rdfsbase b_") || written.starts_with("rdgsbase b_");
            // A constant is a user's, which does what it wants, or stands in for a descriptor that has gone.
            if (std::ranges::find(steps, one.what) == steps.end() || one.line == 0 || one.constant || saves_second)
                continue;
            auto without = *whole;
            without.code[at].what = operation::nop;
            EXPECT_EQ(check(without, facts, mode).is, verdict::refuted) << name << ": " << written;
        }
    }
}

// MOV to GS works in ring 3: that both tasks were seen with null selectors says nothing of what is there.
TEST(plan, loads_the_null_selector_that_a_task_was_seen_with) {
    for (const bool fsgsbase : {false, true}) {
        cpu_facts facts{};
        facts.fsgsbase = fsgsbase;
        const auto text = plan_sequence(facts, delivery::idt, with_bases, with_bases);
        auto plan = read("plan", text, delivery::idt, facts);
        ASSERT_TRUE(plan);
        EXPECT_EQ(check(*plan, facts, delivery::idt).is, verdict::safe) << text;
        for (auto& one : plan->code) {
            if (one.what == operation::mov_gs && !one.constant) one.what = operation::nop;
        }
        EXPECT_EQ(check(*plan, facts, delivery::idt).wrong, violation::user_selector);
    }
}

// AMD's CPUs whose writes do not serialise may find the register cheaper than the instructions around a pair.
TEST(plan, counts_a_write_that_does_not_serialise_as_cheaper) {
    cpu_facts slow{};
    auto fast = slow;
    fast.base_writes_serialise = false;
    EXPECT_LT(make_plan(fast, delivery::idt, with_bases).cycles, make_plan(slow, delivery::idt, with_bases).cycles);
}

}  // namespace
}  // namespace msr::context
