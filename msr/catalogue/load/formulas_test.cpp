// Formulas and conditions that refer to other fields and registers.
#include <map>

#include "msr/catalogue/load/test_catalogue.hpp"
#include "msr/profile/decode.hpp"

namespace msr::catalogue::load {
namespace {

/// The scaled value of a field on a CPU without features whose registers hold these values.
double scaled_value(const tables& facts, std::string_view entry, std::string_view field,
                    const std::map<std::uint32_t, std::uint64_t>& values, std::uint64_t own) {
    std::vector<profile::known_register> known;
    for (const auto& [address, value] : values)
        known.push_back({address, value});
    const profile::profile cpu{facts, {}, known};
    const auto result = profile::scaled(field_of(facts, entry, field), own, cpu);
    EXPECT_TRUE(result.known) << entry << "." << field;
    return result.value;
}

TEST(formulas, another_registers_field_stands_for_its_scaled_value) {
    const auto loaded = load_text(R"(
registers:
  - name: LIMIT                      # before the register whose unit it needs
    address: 0x10
    exists: always
    fields: {63..8: mbz, 7..0: {name: POWER, value: field * UNIT.POWER, unit: W}}
  - name: UNIT
    address: 0x20
    exists: always
    access: ro
    fields: {63..4: reserved, 3..0: {name: POWER, value: 1 / 2 ^ field, unit: W}}
)");
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    EXPECT_DOUBLE_EQ(scaled_value(loaded->tables(), "LIMIT", "POWER", {{0x20, 3}}, 200), 25.0);
}

TEST(formulas, conditions_take_the_raw_bits) {
    const auto loaded = load_text(R"(
registers:
  - name: CAP
    address: 0x20
    exists: always
    access: ro
    fields: {63..4: reserved, 3..0: {name: SIZE, value: field * 1024, unit: B}}
  - {name: R, address: 0x10, exists: CAP.SIZE == 3, fields: {63..0: V}}
)");
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    const std::vector<profile::known_register> known{{0x20, 3}};
    const profile::profile cpu{loaded->tables(), {}, known};
    EXPECT_EQ(profile::exists(entry_of(loaded->tables(), "R"), cpu), holds::yes);
}

TEST(formulas, parts_of_the_field) {
    const auto loaded = load_text(register_of(
        {"63..24: mbz", R"(23..17: {name: WINDOW, value: "(1 + field[6..5] / 4) * 2 ^ field[4..0]", unit: s})",
         "16..0: LOW"}));
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    EXPECT_DOUBLE_EQ(scaled_value(loaded->tables(), "R", "WINDOW", {}, std::uint64_t{0b11'00010} << 17U), 7.0);
    EXPECT_TRUE(refuses(register_of({"63..4: mbz", R"(3..0: {name: A, value: "field[4..0] * 2", unit: s}  # here)"}),
                        "the field has no bit 4"));
}

TEST(formulas, own_fields_within_a_family_are_the_members) {
    const auto loaded = load_text(R"(
registers:
  - name: STATE
    family: {base: 0x64, stride: 1, at_most: 8, member: "STATE{}"}
    exists: always
    fields:
      63..16: mbz
      15..8: {name: DIVISOR, title: Divisor}
      7..0: {name: RATIO, value: field / STATE.DIVISOR * 200, unit: MHz}
)");
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    // The first member's register holds another divisor; it must not matter.
    EXPECT_DOUBLE_EQ(scaled_value(loaded->tables(), "STATE", "RATIO", {{0x64, 0x0100}}, 0x0810), 400.0);
}

TEST(formulas, own_field_must_be_there) {
    EXPECT_TRUE(refuses(register_of({"63..1: mbz", "0: {name: A, value: field * R.B, unit: s}  # here"}),
                        "`B` is no field of it"));
}

TEST(formulas, that_refer_to_themselves) {
    EXPECT_TRUE(
        refuses(register_of({"63..1: mbz", "0: {name: A, value: R.A + 1, unit: s}  # here"}), "refers to itself"));
    const auto loaded = load_text(R"(
registers:
  - {name: R, address: 0x10, exists: always, fields: {63..0: {name: A, value: S.A, unit: s}}}
  - {name: S, address: 0x11, exists: always, fields: {63..0: {name: A, value: T.A, unit: s}}}
  - {name: T, address: 0x12, exists: always, fields: {63..0: {name: A, value: R.A, unit: s}}}
)");
    ASSERT_FALSE(loaded);
    EXPECT_NE(in_words(loaded.error()).find("refers to itself"), std::string::npos);
}

TEST(formulas, an_ambiguous_unit_needs_its_variant) {
    const auto with_units = [](const char* value) {
        return register_of({"63..0: {name: A, value: " + std::string{value} + ", unit: W}  # here"}) + R"(
  - {name: UNIT, variant: a, address: 0x20, exists: intel, access: ro, fields: {63..4: reserved, 3..0: {name: P, value: 1 / 2 ^ field, unit: W}}}
  - {name: UNIT, variant: b, address: 0x20, exists: amd, access: ro, fields: {63..4: reserved, 3..0: {name: P, value: 2 ^ field, unit: W}}}
)";
    };
    EXPECT_TRUE(refuses(with_units("field * UNIT.P"), "NAME@variant.FIELD"));
    const auto loaded = load_text(with_units("field * UNIT@b.P"));
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    EXPECT_DOUBLE_EQ(scaled_value(loaded->tables(), "R", "A", {{0x20, 3}}, 2), 16.0);
}

// A chain of units, each twice the last, would be a program of 2^63 steps.
TEST(formulas, that_grow_without_end) {
    auto yaml = register_of({"0: {name: A0, value: field, unit: s}"});
    for (int at = 1; at < 64; ++at) {
        const auto last = "R.A" + std::to_string(at - 1);
        yaml += "      " + std::to_string(at) + ": {name: A" + std::to_string(at) + ", value: " + last + " + " + last +
                ", unit: s}\n";
    }
    const auto loaded = load_text(yaml);
    ASSERT_FALSE(loaded);
    EXPECT_NE(in_words(loaded.error()).find("too long"), std::string::npos);
}

}  // namespace
}  // namespace msr::catalogue::load
