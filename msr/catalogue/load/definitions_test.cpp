// Vendors, processors, features, quantities, enumerations and rules.
#include <algorithm>

#include "msr/catalogue/load/test_catalogue.hpp"
#include "msr/profile/decode.hpp"

namespace msr::catalogue::load {
namespace {

TEST(definitions, a_name_is_defined_once) {
    for (const auto* yaml : {
             "features: [{name: fast, title: Again, cpuid: \"01H:ECX[3]\"}]  # here\n",
             "vendors: [{name: amd, signatures: [AuthenticAMD]}]  # here\n",
             "processors: [{name: greek, title: Also a group, vendor: amd, family: 6, models: all}]  # here\n",
             "quantities: [{name: COUNTERS, title: Again, cpuid: \"0AH:EAX[7..0]\", minimum: 0, maximum: 8, fallback: "
             "0}]  # here\n",
             "enumerations: [{name: colour, title: Again, values: {0: RED}}]  # here\n",
             "rules: [{name: known_rule, title: Again}]  # here\n",
         }) {
        const auto loaded = load_text(yaml);
        ASSERT_FALSE(loaded) << yaml;
        EXPECT_NE(in_words(loaded.error()).find("defined twice"), std::string::npos) << in_words(loaded.error());
    }
}

TEST(definitions, a_derived_feature_refers_only_to_what_stands_before_it) {
    EXPECT_TRUE(refuses(R"(
features:
  - {name: first, title: Refers onwards, condition: second and fast}  # here
  - {name: second, title: Comes too late, cpuid: "01H:ECX[9]"}
)",
                        "`second`"));
    EXPECT_TRUE(refuses("features: [{name: own, title: Itself, condition: not own}]  # here\n", "`own`"));
}

TEST(definitions, a_feature_has_one_meaning) {
    EXPECT_TRUE(refuses("features: [{name: none, title: Nothing}]  # here\n", "either"));
    EXPECT_TRUE(
        refuses("features: [{name: two, title: Both, cpuid: \"01H:ECX[9]\", condition: fast}]  # here\n", "either"));
}

TEST(definitions, cpuid_places_exist) {
    for (const auto* place : {"01H:ECX[32]", "01H:ECX[4..9]", "01H:ECX[260]", "FFFFFFFFFH:ECX[0]",
                              "01H.99999999999:ECX[0]", "01H:ECX[99999999999]"}) {
        const auto yaml = "features: [{name: odd, title: Odd, cpuid: \"" + std::string{place} + "\"}]  # here\n";
        EXPECT_TRUE(refuses(yaml, "")) << place;
    }
}

TEST(definitions, quantities_are_in_order) {
    const auto quantity = [](const char* limits) {
        return "quantities: [{name: Q, title: Odd, cpuid: \"01H:ECX[3..0]\", " + std::string{limits} + "}]  # here\n";
    };
    EXPECT_TRUE(refuses(quantity("minimum: 5, maximum: 4, fallback: 4"), "order"));
    EXPECT_TRUE(refuses(quantity("minimum: 2, maximum: 4, fallback: 1"), "order"));
    EXPECT_TRUE(refuses(quantity("minimum: 2, maximum: 4, fallback: 5"), "order"));
    EXPECT_TRUE(refuses(quantity("minimum: 2, maximum: 4, fallback: 2, only: [2, 5]"), "only"));
    EXPECT_TRUE(refuses(quantity("minimum: 0, maximum: 0x100000000, fallback: 1"), "at /quantities/0"));
}

TEST(definitions, processors_name_vendors_and_groups_name_processors) {
    EXPECT_TRUE(refuses("processors: [{name: p, title: Odd, vendor: nobody, family: 6, models: all}]  # here\n",
                        "unknown vendor `nobody`"));
    EXPECT_TRUE(refuses("groups: [{name: g, title: Odd, members: [alpha, delta]}]  # here\n", "`delta`"));
}

TEST(definitions, processor_numbers_are_those_that_cpuid_can_give) {
    const auto processor = [](const char* numbers) {
        return "processors: [{name: p, title: Odd, vendor: amd, " + std::string{numbers} + "}]  # here\n";
    };
    for (const auto* numbers :
         {"family: 0x10006, models: all", "family: 6, models: [0x10010]", "family: 6, models: [\"0x10..0xFFFFFFFFFF\"]",
          "family: 6, models: [\"0x20..0x10\"]", "family: 6, models: all, steppings: 9..2",
          "family: 6, models: all, steppings: 0..99999999999"}) {
        EXPECT_FALSE(load_text(processor(numbers))) << numbers;
    }
    EXPECT_TRUE(accepts(processor("family: 0x1A, models: [\"0x00..0xFF\"], steppings: 0..15")));
}

TEST(definitions, patterns_give_the_first_that_fits) {
    const auto loaded = load_text(register_of(
        {"63..16: mbz", "15..0: {name: CODE, title: Code, values: {5: EXACT, b01xx: MIDDLE, b1xxx_0000: HIGH}}"}));
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    const auto& field = field_of(loaded->tables(), "R", "CODE");
    const auto name = [&](std::uint64_t raw) -> std::string_view {
        const auto* meaning = profile::meaning_of(field, raw);
        return meaning == nullptr ? "" : std::string_view{meaning->name};
    };
    EXPECT_EQ(name(5), "EXACT");
    EXPECT_EQ(name(4), "MIDDLE");
    EXPECT_EQ(name(7), "MIDDLE");
    EXPECT_EQ(name(0x80), "HIGH");
    EXPECT_EQ(name(0xF0), "HIGH");
    EXPECT_EQ(name(0x14), "") << "above the written digits all bits are zero";
    EXPECT_EQ(name(0x81), "");
    EXPECT_EQ(name(8), "");
}

TEST(definitions, an_enumerations_numbers_are_decimal_or_hexadecimal) {
    const auto loaded = load_text("enumerations: [{name: e, title: Numbers, values: {010: TEN, 0x10: SIXTEEN}}]\n");
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    const auto& entry = *std::ranges::find_if(loaded->tables().enumerations, [](auto& one) { return one.name == "e"; });
    EXPECT_EQ(entry.values[0].match, 10U);
    EXPECT_EQ(entry.values[1].match, 16U);
}

TEST(definitions, an_enumerations_values_fit_64_bits_and_differ) {
    EXPECT_TRUE(
        refuses("enumerations:\n  - {name: e, title: Odd, values: {99999999999999999999: A}}  # here\n", "64 bits"));
    EXPECT_TRUE(refuses(
        "enumerations:\n  - {name: e, title: Odd, values: {b" + std::string(65, '1') + ": A}}  # here\n", "64 bits"));
    EXPECT_TRUE(refuses("enumerations:\n  - {name: e, title: Odd, values: {1: A, 0x1: B}}  # here\n", "twice"));
}

// Profiles have room for so many; beyond it their bits would be somebody else's memory.
TEST(definitions, there_is_room_for_every_feature_and_quantity) {
    std::string features = "features:\n";
    for (std::size_t at = 0; at <= 1024; ++at)
        features += "  - {name: f" + std::to_string(at) + ", title: One, cpuid: \"01H:ECX[0]\"}\n";
    EXPECT_FALSE(load_text(features));
    std::string quantities = "quantities:\n";
    for (std::size_t at = 0; at <= 64; ++at) {
        quantities += "  - {name: Q" + std::to_string(at) +
                      ", title: One, cpuid: \"01H:ECX[0]\", minimum: 0, maximum: 1, fallback: 0}\n";
    }
    EXPECT_FALSE(load_text(quantities));
}

}  // namespace
}  // namespace msr::catalogue::load
