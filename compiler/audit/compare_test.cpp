// What a claim is worth against a catalogue of a few lines.

#include <gtest/gtest.h>

#include "compiler/audit/audit.hpp"
#include "compiler/audit/verdicts.hpp"
#include "msr/catalogue/load/test_catalogue.hpp"

namespace msr::audit {
namespace {

using catalogue::load::test_folder;

constexpr std::string_view audited_registers = R"(
registers:
  - name: IA32_ONE
    aliases: [FIRST_ONE]
    address: 0x10
    exists: alpha or beta
    fields:
      63..MAXPHYADDR: mbz
      MAXPHYADDR-1..12: {name: BASE, kind: physical_address, shift: 12}
      11..8: mbz
      7: HIGH
      6: LOW
      5..0: mbz
  - name: IA32_MANYi_CTL
    aliases: [MANYx_CTL]
    family: {base: 0x20, stride: 2, at_most: 4, member: "IA32_MANY{}_CTL"}
    exists: fast or gamma
    fields:
      63..32: mbz
      31..0: COUNT
  - name: IA32_UNKNOWN
    address: 0x40
    exists: always
    fields: unknown
)";

class audited : public testing::Test {
  protected:
    static finding of(claim one, std::vector<claim> others = {}) {
        others.insert(others.begin(), std::move(one));
        auto found = compare(others, facts().tables()).front();
        found.about = nullptr;
        return found;
    }
    static outcome name(std::uint32_t address, const char* called) {
        return of({.source = "list", .address = address, .name = called}).result;
    }
    static claim field(std::uint32_t address, bit_range bits, std::vector<std::string> registers = {}) {
        return {.source = "list",
                .about = subject::field,
                .address = address,
                .name = "F",
                .registers = std::move(registers),
                .bits = bits};
    }
    static outcome model(std::uint32_t address, cpu_model on, std::vector<std::string> registers = {}) {
        return of({.source = "list",
                   .about = subject::model,
                   .address = address,
                   .registers = std::move(registers),
                   .on = on})
            .result;
    }
    static const catalogue::load::loaded_catalogue& facts() {
        static const auto loaded = catalogue::load::load_text(audited_registers);
        return loaded.value();
    }
};

TEST_F(audited, a_name_or_an_alias_agrees_at_its_address) {
    EXPECT_EQ(name(0x10, "MSR_ONE"), outcome::agreed);
    EXPECT_EQ(name(0x10, "msr_first_one"), outcome::agreed);
    EXPECT_EQ(name(0x10, ""), outcome::agreed);
    EXPECT_EQ(name(0x10, "ANOTHER"), outcome::other_name);
    EXPECT_EQ(name(0x11, "ANOTHER"), outcome::absent);
}

TEST_F(audited, members_of_a_family_have_numbered_names) {
    EXPECT_EQ(name(0x24, "IA32_MANY2_CTL"), outcome::agreed);
    EXPECT_EQ(name(0x24, "MANY2_CTL"), outcome::agreed);
    EXPECT_EQ(name(0x20, "MSR_IA32_MANYx_CTL"), outcome::agreed);
}

TEST_F(audited, a_name_that_stands_elsewhere_is_a_conflict) {
    EXPECT_EQ(name(0x24, "IA32_MANY3_CTL"), outcome::conflicting);
    EXPECT_EQ(name(0x11, "IA32_ONE"), outcome::conflicting);
    // Another vendor's register of the same name is another register.
    EXPECT_EQ(name(0x11, "MSR_K7_ONE"), outcome::absent);
}

TEST_F(audited, the_same_bits_agree_and_a_width_agrees_with_every_one_there_is) {
    EXPECT_EQ(of(field(0x10, {7, 7})).result, outcome::agreed);
    EXPECT_EQ(of(field(0x10, {51, 12})).result, outcome::agreed);
    EXPECT_EQ(of(field(0x10, {35, 12})).result, outcome::agreed);
    EXPECT_EQ(of(field(0x10, {63, 12, true})).result, outcome::agreed);
    EXPECT_EQ(of(field(0x10, {31, 12})).result, outcome::conflicting);
    EXPECT_EQ(of(field(0x10, {51, 13})).result, outcome::conflicting);
}

TEST_F(audited, the_name_of_another_field_of_the_register_is_a_conflict) {
    auto one = field(0x10, {7, 7});
    one.name = "ONE_HIGH";
    EXPECT_EQ(of(one).result, outcome::agreed);
    one.name = "Low";
    const auto found = of(one);
    EXPECT_EQ(found.result, outcome::conflicting);
    EXPECT_EQ(found.here, "LOW is at other bits, and HIGH 7");
}

TEST_F(audited, bits_in_other_groups_are_no_conflict_if_they_are_all_there) {
    EXPECT_EQ(of(field(0x10, {7, 6})).result, outcome::regrouped);
    EXPECT_EQ(of(field(0x20, {15, 0}), {field(0x20, {31, 16})}).result, outcome::regrouped);
    EXPECT_EQ(of(field(0x20, {15, 0})).result, outcome::conflicting);
    EXPECT_EQ(of(field(0x10, {31, 12}), {field(0x10, {63, 32})}).result, outcome::regrouped);
}

TEST_F(audited, what_is_reserved_here_conflicts_unless_the_list_says_so_too) {
    auto one = field(0x10, {5, 0});
    const auto found = of(one);
    EXPECT_EQ(found.result, outcome::conflicting);
    EXPECT_EQ(found.here, "IA32_ONE: reserved 5..0");
    one.name = "Reserved1";
    EXPECT_EQ(of(one).result, outcome::agreed);
    // The list may be older than the field.
    one.bits = {6, 0};
    EXPECT_EQ(of(one).result, outcome::absent);
    EXPECT_EQ(of(field(0x10, {64, 64})).result, outcome::conflicting);
}

TEST_F(audited, fields_of_a_register_that_is_not_here_are_absent) {
    EXPECT_EQ(of(field(0x10, {3, 0}, {"IA32_ONE"})).result, outcome::conflicting);
    EXPECT_EQ(of(field(0x10, {3, 0}, {"OTHER"})).result, outcome::absent);
    EXPECT_EQ(of(field(0x10, {3, 0}, {"IA32_ONE", "OTHER"})).result, outcome::absent);
    EXPECT_EQ(of(field(0x40, {3, 0})).result, outcome::absent);
}

TEST_F(audited, a_model_agrees_where_the_condition_can_hold) {
    EXPECT_EQ(model(0x10, {6, 0x10}), outcome::agreed);
    EXPECT_EQ(model(0x10, {6, 0x30}), outcome::conflicting);
    EXPECT_EQ(model(0x10, {6, 0x30}, {"OTHER"}), outcome::absent);
    // Whether it is fast is not known.
    EXPECT_EQ(model(0x20, {6, 0x10}), outcome::agreed);
    EXPECT_EQ(model(0x11, {6, 0x10}), outcome::absent);
}

TEST_F(audited, a_claim_that_a_list_repeats_counts_once) {
    EXPECT_EQ(compare({field(0x10, {7, 7}), field(0x10, {7, 7})}, facts().tables()).size(), 1U);
}

class judged : public audited {
  protected:
    // A conflict, and a claim that agrees.
    const std::vector<claim> claims_{field(0x10, {5, 0}), field(0x10, {7, 7})};

    report judge(std::string_view verdicts, problems& found) const {
        const test_folder folder;
        folder.write("verdicts.yaml", verdicts);
        return audit(claims_, facts().tables(), folder.path() / "verdicts.yaml", std::nullopt, found);
    }
    static std::string verdict_on(std::string_view sources, std::string_view claims) {
        return "verdicts:\n  - {sources: [" + std::string{sources} + "], addresses: [0x10], claims: [" +
               std::string{claims} + "], wrong: source, because: They are reserved., manual: Manual 1}\n";
    }
};

TEST_F(judged, a_verdict_settles_the_conflict_that_it_names) {
    problems found;
    EXPECT_TRUE(judge(verdict_on("list", "5..0"), found).settled);
    EXPECT_TRUE(found.empty());
    const auto other = judge(verdict_on("list", "4..0"), found);
    EXPECT_FALSE(other.settled);
    EXPECT_NE(other.text.find("unsettled: list 0x10 5..0 F; here IA32_ONE: reserved 5..0"), std::string::npos);
}

TEST_F(judged, a_verdict_that_settles_nothing_is_an_error_with_its_line) {
    problems found;
    const auto stale = judge(verdict_on("list", "5..0, 7"), found);
    EXPECT_FALSE(stale.settled);
    EXPECT_NE(stale.text.find("verdicts.yaml:2: there is no such conflict about 7"), std::string::npos);
    EXPECT_TRUE(found.empty());
}

TEST_F(judged, lists_that_are_not_read_keep_their_verdicts) {
    problems found;
    EXPECT_TRUE(judge(verdict_on("list, absent_list", "5..0, 7"), found).settled);
}

TEST_F(judged, verdicts_lie_in_the_catalogue_and_are_checked_with_it) {
    const test_folder folder;
    folder.write("facts.yaml", catalogue::load::test_facts);
    folder.write("verdicts.yaml", verdict_on("list", "5..0"));
    EXPECT_TRUE(catalogue::load::load(folder.path(), {}).has_value());
    folder.write("verdicts.yaml", "verdicts: []\n");
    EXPECT_FALSE(catalogue::load::load(folder.path(), {}).has_value());
}

TEST_F(judged, what_is_no_verdict_is_refused_by_its_line) {
    problems found;
    (void)judge(
        "verdicts:\n  - {sources: [list], addresses: [0x10], claims: [7], wrong: nobody, because: They are reserved., "
        "manual: M 1}\n",
        found);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].line, 2);
}

}  // namespace
}  // namespace msr::audit
