// A user's registers on top of the catalogue that is compiled in.
#include <algorithm>

#include "msr/catalogue/built_in.hpp"
#include "msr/catalogue/load/test_catalogue.hpp"
#include "msr/catalogue/lookup.hpp"
#include "msr/profile/resolve.hpp"
#include "msr/registers/ia32_mtrrcap.hpp"
#include "msr/registers/msr_rapl_power_unit_fractions.hpp"

namespace msr::catalogue::load {
namespace {

testing::AssertionResult overlay_refused(std::string_view yaml, std::string_view why) {
    return refused(load_overlay(yaml, built_in()), yaml, why);
}

// Addresses that no vendor uses.
constexpr std::string_view own_registers = R"(
topic: Ours
features: [{name: our_part, title: Ours, condition: intel and model == 0x3C}]
enumerations: [{name: our_values, title: Ours, values: {0: OFF, 1: ON}}]
registers:
  - name: OUR_LIMIT
    address: 0x7FF00000
    aliases: [OUR_OTHER_NAME]
    exists: our_part and msr and IA32_MTRRCAP.FIX == 1
    fields:
      63..MAXPHYADDR: mbz
      MAXPHYADDR-1..15: {name: WHERE, kind: physical_address, shift: 15}
      14..1: {name: POWER, value: field * MSR_RAPL_POWER_UNIT@fractions.POWER_UNITS, unit: W}
      0: {name: STATE, values: our_values}
  - name: OUR_CONTROLS
    address: 0x7FF00001
    exists: always
    fields: {63..0: {layout: performance_event_select}}
)";

TEST(overlay, adds_registers_and_keeps_the_others) {
    const auto loaded = load_overlay(own_registers, built_in());
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    const auto& facts = loaded->tables();
    EXPECT_EQ(facts.registers.size(), built_in().registers.size() + 2);
    EXPECT_TRUE(find_by_name(facts, "our_other_name.power"));
    EXPECT_EQ(find_by_name(facts, "IA32_EFER")->front().address(),
              find_by_name(built_in(), "IA32_EFER")->front().address());
    EXPECT_FALSE(find_by_name(built_in(), "OUR_LIMIT"));
    const auto by_address = [](const auto& left, const auto& right) { return left.address < right.address; };
    EXPECT_TRUE(std::is_sorted(facts.registers.begin(), facts.registers.end(), by_address));
    // A built-in layout's conditions came along, in programs of their own.
    EXPECT_FALSE(field_of(facts, "OUR_CONTROLS", "IN_TX").exists.empty());
}

TEST(overlay, uses_built_in_registers_in_conditions_and_formulas) {
    const auto loaded = load_overlay(own_registers, built_in());
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    // CPUID of a Haswell, as far as the conditions need it; MTRRCAP and the RAPL units.
    const std::vector<profile::cpuid_leaf> haswell{
        {0, 0, {.eax = 0xD, .ebx = 0x756E6547, .ecx = 0x6C65746E, .edx = 0x49656E69}},
        {1, 0, {.eax = 0x306C3, .edx = 0xBFEBFBFF}},
    };
    const std::vector<profile::known_register> known{{ia32_mtrrcap::address, 0xD0A},
                                                     {msr_rapl_power_unit_fractions::address, 0xA1003}};
    const profile::profile cpu{loaded->tables(), haswell, known};
    EXPECT_EQ(profile::exists(entry_of(loaded->tables(), "OUR_LIMIT"), cpu), holds::yes);
    const auto& power = field_of(loaded->tables(), "OUR_LIMIT", "POWER");
    const auto value = evaluate<double>(power.value, profile::evaluation{cpu, 80U << 1U});
    EXPECT_DOUBLE_EQ(value.value, 10.0);
}

TEST(overlay, may_not_collide_with_a_built_in_register) {
    EXPECT_TRUE(overlay_refused(R"(
registers:
  - name: OUR_EFER  # here
    address: 0xC0000080
    exists: intel
    fields: {63..0: VALUE}
)",
                                "IA32_EFER (built in, architectural/"));
    // Between two members of a built-in family, and on one of them.
    EXPECT_TRUE(overlay_refused(R"(
registers:
  - name: OUR_BANK  # here
    address: 0x405
    exists: mca
    fields: {63..0: VALUE}
)",
                                "IA32_MCi_STATUS (built in, architectural/"));
}

TEST(overlay, may_share_an_address_on_other_cpus) {
    const auto loaded = load_overlay(R"(
registers:
  - {name: OUR_RAPL, address: 0x606, exists: amd, fields: {63..0: VALUE}}
)",
                                     built_in());
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    constexpr auto shared = msr_rapl_power_unit_fractions::address;
    EXPECT_EQ(at_address(loaded->tables(), shared).size(), at_address(built_in(), shared).size() + 1);
}

TEST(overlay, may_not_take_a_built_in_name) {
    EXPECT_TRUE(overlay_refused(R"(
registers:
  - {name: IA32_EFER, address: 0x7FF00000, exists: always, fields: {63..0: VALUE}}  # here
)",
                                "another entry has this name (built in, architectural/"));
    EXPECT_TRUE(overlay_refused("\nfeatures: [{name: vmx, title: Ours, cpuid: \"01H:ECX[5]\"}]  # here\n",
                                "defined twice: it is built in"));
    EXPECT_TRUE(overlay_refused(R"(
registers:
  - {name: MSR_EFER, address: 0x7FF00000, exists: always, fields: {63..0: VALUE}}  # here
  - {name: OURS, aliases: [IA32_EFER], address: 0x7FF00001, exists: always, fields: {63..0: VALUE}}  # here
)",
                                "(built in, architectural/"));
    EXPECT_TRUE(overlay_refused(R"(
layouts: [{name: performance_event_select, title: Ours, width: 1, fields: {0: BIT}}]  # here
)",
                                "defined twice: it is built in"));
}

TEST(overlay, that_states_a_built_in_entry_again_learns_both_places_and_the_way_out) {
    const auto refused = load_overlay(R"(
registers:
  - {name: IA32_EFER, address: 0xC0000080, exists: always, fields: {63..0: VALUE}}
)",
                                      built_in());
    ASSERT_FALSE(refused);
    ASSERT_EQ(refused.error().size(), 2U) << in_words(refused.error());
    for (const auto& one : refused.error()) {
        EXPECT_EQ(one.line, 3);
        EXPECT_NE(one.message.find("(built in, architectural/"), std::string::npos) << one.message;
        EXPECT_NE(one.message.find("`replaces: IA32_EFER`"), std::string::npos) << one.message;
    }
}

TEST(overlay, replaces_a_built_in_entry) {
    const auto loaded = load_overlay(R"(
registers:
  - name: IA32_EFER
    replaces: IA32_EFER
    address: 0xC0000080
    exists: always
    fields: {63..1: ignored, 0: OURS}
  - name: OUR_POWER_UNIT
    replaces: MSR_RAPL_POWER_UNIT@fractions
    address: 0x606
    exists: intel and model == 0x3C
    fields: {63..0: VALUE}
  - {name: OUR_OTHER, address: 0x7FF00000, exists: IA32_EFER.OURS == 1, fields: unknown}
)",
                                     built_in());
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    const auto& facts = loaded->tables();
    EXPECT_EQ(facts.registers.size(), built_in().registers.size() + 1);
    EXPECT_TRUE(find_by_name(facts, "IA32_EFER.OURS"));
    EXPECT_FALSE(find_by_name(facts, "IA32_EFER.NXE"));
    EXPECT_TRUE(std::none_of(facts.registers.begin(), facts.registers.end(),
                             [](const auto& one) { return one.variant == "fractions"; }));
    EXPECT_TRUE(find_by_name(facts, "MSR_RAPL_POWER_UNIT"));  // its other variant stays
}

TEST(overlay, replaces_only_what_is_built_in_and_once) {
    const auto entry = [](const std::string& name, const std::string& replaces, int address) {
        return "  - {name: " + name + ", replaces: " + replaces + ", address: " + std::to_string(address) +
               ", exists: never_ours, fields: {63..0: VALUE}}  # here\n";
    };
    const std::string head = "\nfeatures: [{name: never_ours, title: Ours, condition: intel and amd}]\nregisters:\n";
    EXPECT_TRUE(overlay_refused(head + entry("OUR_ONE", "OUR_TWO", 1) + entry("OUR_TWO", "OUR_ONE", 2),
                                "which is not built in"));
    EXPECT_TRUE(overlay_refused(head + entry("OUR_ONE", "IA32_EFER@ours", 1), "is it IA32_EFER?"));
    EXPECT_TRUE(overlay_refused(head + entry("OUR_ONE", "MSR_RAPL_POWER_UNIT", 1), "MSR_RAPL_POWER_UNIT@fractions"));
    EXPECT_TRUE(
        overlay_refused(head + "  - {name: OUR_ONE, replaces: IA32_EFER, address: 1, exists: amd, fields: unknown}\n" +
                            entry("OUR_TWO", "IA32_EFER", 2),
                        "and so does "));
}

TEST(overlay, that_replaces_may_contradict_nothing_else) {
    EXPECT_TRUE(overlay_refused(R"(
registers:
  - {name: OUR_EFER, replaces: IA32_EFER, address: 0x10, exists: always, fields: {63..0: VALUE}}  # here
)",
                                "(built in, architectural/"));
}

TEST(overlay, mistakes_are_found_as_in_the_catalogue) {
    EXPECT_TRUE(overlay_refused(R"(
registers:
  - name: OUR_REGISTER  # here
    address: 0x7FF00000
    exists: vmx and not smx
    fields: {63..2: mbz, 0: VALUE}
)",
                                "bit 1 are not accounted for"));
    EXPECT_TRUE(overlay_refused(R"(
registers:
  - {name: OUR_REGISTER, address: 0x7FF00000, exists: vmxx, fields: {63..0: VALUE}}  # here
)",
                                "`vmxx` is no feature"));
}

}  // namespace
}  // namespace msr::catalogue::load
