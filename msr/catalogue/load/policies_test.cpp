// Intercept policies from files: what they say reaches the tables, and what cannot be meant is refused in its line.
#include "msr/catalogue/load/policies.hpp"

#include "msr/catalogue/built_in.hpp"
#include "msr/catalogue/expression_text.hpp"
#include "msr/catalogue/load/test_catalogue.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_pmc.hpp"
#include "msr/registers/ia32_spec_ctrl.hpp"

namespace msr::catalogue::load {
namespace {

std::expected<loaded_catalogue, problems> load_policy(std::string_view yaml) {
    static const auto inputs = load_text("inputs.yaml", R"(
settings: [{name: own_setting, title: A setting}]
states: [{name: own_state, title: A state}, {name: other_state, title: Another}]
)",
                                         built_in());
    return load_text("policy.yaml", std::string{yaml}, inputs->tables());
}

testing::AssertionResult refuses_policy(std::string_view yaml, std::string_view why) {
    return refused(load_policy(yaml), yaml, why);
}

constexpr std::string_view policy_head = "policy: own\ntitle: For a test\nrows:\n";

std::string rows(std::string_view lines) {
    return std::string{policy_head} + std::string{lines};
}

const policy_entry* find(const tables& facts, std::string_view name) {
    for (const auto& one : facts.policies) {
        if (one.name == name) return &one;
    }
    return nullptr;
}

TEST(policies, rows_reach_the_tables) {
    const auto loaded = load_policy(R"(
policy: own
title: For a test
vendor: vmx
rows:
  - registers: [IA32_SPEC_CTRL, 0x800-0x83F]
    access: r
    pass: state.own_state and not guest.fred or host.GENERAL_COUNTERS == guest.GENERAL_COUNTERS
    filter: ignored
    safe: Nobody is harmed
    worth: It is often read
  - registers: [IA32_PMC]
    access: rw
    pass: setting.own_setting and guest.IA32_PERF_CAPABILITIES.FW_WRITE and host.intel
    members: guest.GENERAL_COUNTERS
    safe: Nobody is harmed
    worth: It is often read
  - {registers: [IA32_EFER], access: w, when: not state.other_state, intercept: Somebody has to know}
source: [made up]
)");
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    const auto* const policy = find(loaded->tables(), "own");
    ASSERT_NE(policy, nullptr);
    EXPECT_EQ(policy->on, extension::vmx);
    ASSERT_EQ(policy->rows.size(), 3);
    const auto& first = policy->rows[0];
    EXPECT_TRUE(first.reads && !first.writes && first.passes && !first.filtered);
    EXPECT_EQ(first.line, 6);
    EXPECT_EQ(first.registers[0].first, ia32_spec_ctrl::address);
    EXPECT_EQ(first.registers[1].count, 0x40);
    EXPECT_EQ(to_text(first.when, loaded->tables()),
              "state.own_state and not guest.fred or host.GENERAL_COUNTERS == guest.GENERAL_COUNTERS");
    const auto& family = policy->rows[1];
    EXPECT_EQ(family.registers[0].first, ia32_pmc::address);
    EXPECT_GT(family.registers[0].count, 1);
    EXPECT_EQ(to_text(family.members, loaded->tables()), "guest.GENERAL_COUNTERS");
    EXPECT_EQ(to_text(family.when, loaded->tables()),
              "setting.own_setting and guest.IA32_PERF_CAPABILITIES.FW_WRITE and host.intel");
    EXPECT_TRUE(policy->rows[2].reason == "Somebody has to know");
    // Those that ship are still there.
    EXPECT_EQ(loaded->tables().policies.size(), built_in().policies.size() + 1);
}

TEST(policies, unknown_names_are_refused_where_they_stand) {
    const auto row = [](std::string_view registers, std::string_view condition) {
        return rows("  - registers: " + std::string{registers} + "\n    access: r\n    pass: " +
                    std::string{condition} + "\n    safe: Nobody is harmed\n    worth: It is often read\n");
    };
    const auto name = [&](std::string_view words) { return row("[" + std::string{words} + "]  # here", "always"); };
    EXPECT_TRUE(refuses_policy(name("IA32_EFFER"), "no register"));
    EXPECT_TRUE(refuses_policy(name("IA32_EFER.SCE"), "is a field"));
    EXPECT_TRUE(refuses_policy(name("0x83F-0x800"), "ends before"));
    EXPECT_TRUE(refuses_policy(name("0x0-0xFFFFFFFF"), "no map covers them"));
    EXPECT_TRUE(refuses_policy(name("0x800-"), "is no range"));
    EXPECT_TRUE(refuses_policy(name("MSR_LASTBRANCH_0_FROM_IP"), "at different addresses"));
    const auto condition = [&](std::string_view words) { return row("[IA32_EFER]", std::string{words} + "  # here"); };
    EXPECT_TRUE(refuses_policy(condition("host.fredd"), "no feature is called"));
    EXPECT_TRUE(refuses_policy(condition("state.own_stat"), "no state is called `own_stat`"));
    EXPECT_TRUE(refuses_policy(condition("setting.own_state"), "no setting is called `own_state`"));
    EXPECT_TRUE(refuses_policy(condition("fred"), "begins with none of"));
    EXPECT_TRUE(refuses_policy(condition("guest.IA32_PERF_CAPABILITIES.FW_RIGHT"), "has no field"));
    EXPECT_TRUE(refuses_policy(condition("host.fred and"), "missing"));
}

TEST(policies, a_row_needs_its_reasons) {
    EXPECT_TRUE(refuses_policy(rows("  - registers: [IA32_EFER]  # here\n    access: r\n    pass: always\n"), "safe"));
    EXPECT_TRUE(refuses_policy(
        rows("  - registers: [IA32_EFER]  # here\n    access: r\n    pass: always\n    safe: Nobody is harmed\n"),
        "worth"));
    EXPECT_TRUE(refuses_policy(rows("  - registers: [IA32_EFER]  # here\n    access: r\n"), "at /rows/0"));
    EXPECT_TRUE(refuses_policy(rows("  - registers: [IA32_EFER]\n    access: r\n    intercept: Somebody has to know\n  "
                                    "  whn: always  # here\n"),
                               "unknown key `whn`"));
    EXPECT_TRUE(
        refuses_policy(rows("  - registers: [IA32_EFER]\n    access: r\n    pass: always\n    safe: '             "
                            "  '  # here\n    worth: It is often read\n"),
                       "at /rows/0/safe"));
}

TEST(policies, how_many_members_pass_is_a_number) {
    const auto members = [](std::string_view formula) {
        return rows(
            "  - registers: [IA32_PMC]\n    access: rw\n    pass: always\n    safe: Nobody is harmed\n"
            "    worth: It is often read\n    members: " +
            std::string{formula} + "  # here\n");
    };
    EXPECT_TRUE(refuses_policy(members("guest.fred"), "it is no number"));
    EXPECT_TRUE(refuses_policy(members("always"), "it is no number"));
    EXPECT_TRUE(refuses_policy(members("guest.GENERAL_COUNTERS > 4"), "it is no number"));
    EXPECT_TRUE(refuses_policy(members("setting.own_setting and state.own_state"), "it is no number"));
    for (const auto* const good : {"'4'", "guest.GENERAL_COUNTERS", "guest.GENERAL_COUNTERS + 1"}) {
        const auto loaded = load_policy(members(good));
        EXPECT_TRUE(loaded) << good << ": " << in_words(loaded.error());
    }
}

// A map has bits for 0x4000 or 0x6000 registers.
TEST(policies, so_many_addresses_that_no_map_has_them_are_refused) {
    const auto row = [](std::string_view range, std::string_view mark) {
        return "  - registers: [" + std::string{range} + "]" + std::string{mark} +
               "\n    access: rw\n    intercept: Somebody has to know\n";
    };
    std::string many;
    for (int at = 0; at < 8; ++at)
        many += row("0x0-0x1FFF", "");
    EXPECT_TRUE(load_policy(rows(many)));
    EXPECT_TRUE(refuses_policy(rows(many + row("IA32_EFER", "  # here")), "more than 65536 addresses"));
}

// The row that a condition passes, and one that intercepts it in another, which is marked.
std::string passed_and_intercepted(std::string_view pass, std::string_view when, std::string_view access = "rw",
                                   std::string_view mark = "# here") {
    std::string text = rows("  - registers: [IA32_EFER, IA32_STAR]\n    access: rw\n    pass: ");
    text += std::string{pass} + "\n    safe: Nobody is harmed\n    worth: It is often read\n";
    text += "  - registers: [IA32_EFER]  " + std::string{mark} + "\n    access: " + std::string{access};
    return text + "\n    when: " + std::string{when} + "\n    intercept: Somebody has to know\n";
}

TEST(policies, rows_that_contradict_each_other_are_refused) {
    const auto contradict = [](std::string_view pass, std::string_view when) {
        return refuses_policy(passed_and_intercepted(pass, when), "contradicts the row in line 4");
    };
    EXPECT_TRUE(contradict("always", "always"));
    EXPECT_TRUE(contradict("host.fred", "guest.fred"));
    EXPECT_TRUE(contradict("host.fred or state.own_state", "not host.fred"));
    EXPECT_TRUE(contradict("guest.GENERAL_COUNTERS < 4", "guest.GENERAL_COUNTERS != 3"));
    const auto agree = [](std::string_view pass, std::string_view when, std::string_view access = "rw") {
        const auto loaded = load_policy(passed_and_intercepted(pass, when, access, ""));
        return loaded ? testing::AssertionSuccess() : testing::AssertionFailure() << in_words(loaded.error());
    };
    EXPECT_TRUE(agree("host.fred", "not host.fred"));
    EXPECT_TRUE(agree("host.fred and state.own_state", "not state.own_state"));
    EXPECT_TRUE(agree("guest.GENERAL_COUNTERS < 4", "guest.GENERAL_COUNTERS >= 4"));
    EXPECT_TRUE(agree("host.GENERAL_COUNTERS == guest.GENERAL_COUNTERS",
                      "setting.own_setting and host.GENERAL_COUNTERS != guest.GENERAL_COUNTERS"));
    EXPECT_FALSE(agree("always", "always", "r"));
    // No more is claimed than is found out.
    std::string many = "host.GENERAL_COUNTERS == 0";
    for (int at = 1; at < 15; ++at)
        many += " or host.GENERAL_COUNTERS == " + std::to_string(at);
    EXPECT_TRUE(refuses_policy(passed_and_intercepted(many, "not (" + many + ")"),
                               "may contradict the row in line 4: more than 14 facts"));
    EXPECT_TRUE(refuses_policy(rows(R"(  - registers: [IA32_EFER]
    access: r
    pass: host.fred
    safe: Nobody is harmed
    worth: It is often read
  - registers: [0xC0000000-0xC0001FFF]  # here
    access: rw
    pass: guest.fred
    filter: ignored
    safe: Nobody is harmed
    worth: It is often read
)"),
                               "only one of the two consults the filter"));
}

class extending : public testing::Test {
  protected:
    void write(std::string_view name, std::string_view yaml) const { folder_.write(std::string{name} + ".yaml", yaml); }
    [[nodiscard]] auto loaded() const { return load(folder_.path(), built_in()); }

  private:
    test_folder folder_;
};

TEST_F(extending, takes_over_all_rows_but_some_registers) {
    // The extended one comes later in the alphabet.
    write("a",
          "policy: a\ntitle: Second\nextends: b\nexcept: [IA32_EFER]\nrows:\n  - {registers: [IA32_EFER], access: r, "
          "pass: always, safe: Nobody is harmed, worth: It is often read}\n");
    write("b",
          "policy: b\ntitle: First\nvendor: svm\nrows:\n  - {registers: [IA32_EFER, IA32_STAR], access: rw, "
          "intercept: Somebody has to know}\n");
    const auto both = loaded();
    ASSERT_TRUE(both) << in_words(both.error());
    const auto* const policy = find(both->tables(), "a");
    ASSERT_NE(policy, nullptr);
    EXPECT_EQ(policy->on, extension::svm);
    ASSERT_EQ(policy->rows.size(), 2);
    EXPECT_TRUE(policy->rows[0].policy == "b");
    ASSERT_EQ(policy->rows[0].registers.size(), 1);
    EXPECT_TRUE(policy->rows[0].registers[0].name == "IA32_STAR");
    EXPECT_TRUE(policy->rows[1].passes);
}

TEST_F(extending, contradicts_what_it_does_not_leave_out) {
    write(
        "b",
        "policy: b\ntitle: First\nrows:\n  - {registers: [IA32_EFER], access: rw, intercept: Somebody has to know}\n");
    constexpr std::string_view yaml =
        "policy: a\ntitle: Second\nextends: b\nrows:\n  - {registers: [IA32_EFER], access: r, "
        "pass: always, safe: Nobody is harmed, worth: It is often read}  # here\n";
    write("a", yaml);
    EXPECT_TRUE(refused(loaded(), yaml, "contradicts the row in b, line 4"));
}

TEST_F(extending, is_refused_without_sense) {
    const auto refused_alone = [&](std::string_view yaml, std::string_view why) {
        write("a", yaml);
        return refused(loaded(), yaml, why);
    };
    EXPECT_TRUE(refused_alone("policy: a\ntitle: Second\nextends: nothing  # here\n", "there is no policy `nothing`"));
    EXPECT_TRUE(refused_alone("policy: a\ntitle: Second\nextends: a  # here\n", "extends this one in its turn"));
    write("b",
          "policy: b\ntitle: First\nvendor: svm\nrows:\n  - {registers: [IA32_EFER], access: rw, "
          "intercept: Somebody has to know}\n");
    EXPECT_TRUE(
        refused_alone("policy: a\ntitle: Second\nvendor: vmx  # here\nextends: b\n", "is for the other vendor"));
    EXPECT_TRUE(
        refused_alone("policy: a\ntitle: Second\nextends: b\nexcept: [IA32_STAR]  # here\n", "has no row of it"));
    EXPECT_TRUE(refused_alone("policy: a\ntitle: Second\nextends: b\nexcept:\n  - IA32_EFER\n  - IA32_EFFER  # here\n",
                              "no register is called"));
    EXPECT_TRUE(refused_alone("policy: b  # here\ntitle: Second\nextends: b\n", "two policies"));
}

TEST(policy_inputs, are_named_once) {
    constexpr std::string_view yaml = "states: [{name: a, title: One}]\nsettings:\n  - {name: a, title: Two}\n";
    EXPECT_FALSE(load_text("inputs.yaml", std::string{yaml}, built_in()));
    EXPECT_FALSE(load_text("inputs.yaml", "states: [{name: a, title: One}, {name: a, title: Two}]\n", built_in()));
}

}  // namespace
}  // namespace msr::catalogue::load
