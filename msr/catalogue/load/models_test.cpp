// Models: what one takes over from another, and conditions of its departures.
#include <algorithm>

#include "msr/catalogue/evaluate.hpp"
#include "msr/catalogue/load/test_catalogue.hpp"

namespace msr::catalogue::load {
namespace {

constexpr std::string_view registers = R"(
registers:
  - {name: R, address: 0x10, exists: always, fields: {63..4: mbz, 3..0: N}}
  - {name: S, address: 0x20, exists: always, fields: {63..0: ALL}}
  - {name: T, address: 0x30, exists: always, fields: {63..0: ALL}}
)";

std::string with_models(std::string_view models) {
    return std::string{registers}.append("models:\n").append(models);
}

const model_entry& model_of(const tables& facts, std::string_view name) {
    const auto found = std::ranges::find_if(facts.models, [&](const auto& one) { return one.name == name; });
    if (found == facts.models.end()) throw std::out_of_range{std::string{name}};
    return *found;
}

template <class Numbers>
std::multiset<std::uint32_t> all(const Numbers& of) {
    return {of.begin(), of.end()};
}

TEST(models, one_that_extends_another_has_its_rows_but_those_of_registers_that_it_excepts) {
    const auto loaded = load_text(with_models(R"(
  - name: first
    title: First
    canonical: by_paging
    registers: [R, S]
    departures:
      - {registers: [R, S], write: dropped, reason: Both, source: Seen}
      - {registers: [S], read: 1, reason: Only S, source: Seen}
  - name: second
    title: Second
    extends: first
    except: [S]
    registers: [T]
    departures: [{registers: [T], read: 2, reason: New, source: Seen}]
)"));
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    const auto& second = model_of(loaded->tables(), "second");
    EXPECT_TRUE(second.canonical_by_paging);
    EXPECT_EQ(all(second.addresses), (std::multiset<std::uint32_t>{0x10, 0x20, 0x30}));
    ASSERT_EQ(second.departures.size(), 2U);
    EXPECT_EQ(second.departures[0].reason, "Both");
    EXPECT_EQ(all(second.departures[0].addresses), (std::multiset<std::uint32_t>{0x10}));
    EXPECT_EQ(second.departures[1].reason, "New");
    EXPECT_EQ(model_of(loaded->tables(), "first").departures.size(), 2U);
}

TEST(models, what_a_model_says_of_canonical_addresses_goes_before_what_it_takes_over) {
    const auto loaded = load_text(with_models(R"(
  - {name: first, title: First, canonical: by_paging}
  - {name: second, title: Second, extends: first, canonical: by_support}
)"));
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    EXPECT_FALSE(model_of(loaded->tables(), "second").canonical_by_paging);
}

TEST(models, only_one_that_is_there_can_be_extended) {
    EXPECT_TRUE(
        refuses(with_models("  - {name: second, title: Second, extends: first}  # here\n"), "no model `first`"));
    EXPECT_TRUE(
        refuses(with_models("  - {name: second, title: Second, except: [R]}  # here\n"), "goes with `extends`"));
}

TEST(models, a_condition_over_the_value_sees_all_of_it_and_the_fields_of_registers) {
    const auto row = [](std::string_view legal) {
        return with_models(
            "  - name: m\n    title: Model\n    departures:\n"
            "      - {registers: [S], legal: \"" +
            std::string{legal} + "\", reason: Why, source: Seen}  # here\n");
    };
    EXPECT_TRUE(accepts(row("field == 0 or (field[63..60] == 0xF and R.N == 1)")));
    EXPECT_TRUE(refuses(row("field[64..60] == 0"), "bits are written"));
    EXPECT_TRUE(refuses(row("R.M == 0"), "no field"));
    EXPECT_TRUE(refuses(with_models("  - name: m\n    title: Model\n    departures:\n"
                                    "      - {registers: [S], when: field == 0, reason: Why, source: Seen}  # here\n"),
                        "there is no field here"));
}

}  // namespace
}  // namespace msr::catalogue::load
