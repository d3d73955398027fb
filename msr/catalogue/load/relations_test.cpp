// How fields depend on each other, and what may stand in lists of registers: read as written, mistakes named.
#include "msr/catalogue/load/test_catalogue.hpp"

namespace msr::catalogue::load {
namespace {

constexpr std::string_view two_layouts = R"(
layouts:
  - {name: one, title: First, width: 8, fields: {7..2: reserved, 1: B, 0: A}}
  - {name: two, title: Second, width: 8, fields: {7..4: reserved, 3: D, 2..0: C}}
)";

std::string with(std::string_view more) {
    return std::string{two_layouts}.append(more);
}

std::string problems_of(std::string_view more) {
    const auto loaded = load_text(with(more));
    return loaded ? "none" : in_words(loaded.error());
}

TEST(relations, connect_fields_by_layout_and_bit) {
    const auto loaded = load_text(with(R"(
relations:
  - {field: one.B, needs: [one.A, two.D], source: Manual}
  - {field: two, activated_by: [one.A], source: Manual}
)"));
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    const auto& rows = loaded->tables().relations;
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[1].of.layout, "one");
    EXPECT_EQ(rows[1].of.bit, 1);
    EXPECT_EQ(rows[1].kind, relation::needs);
    EXPECT_EQ(rows[1].other.layout, "two");
    EXPECT_EQ(rows[1].other.bit, 3);
    EXPECT_EQ(rows[2].of.bit, field_place::whole);
    EXPECT_EQ(rows[2].kind, relation::activated_by);
}

TEST(relations, of_what_is_not_there_are_refused_by_name) {
    EXPECT_NE(problems_of("relations: [{field: three.A, needs: [one.A], source: S0}]").find("unknown layout `three`"),
              std::string::npos);
    EXPECT_NE(
        problems_of("relations: [{field: one.Z, needs: [one.A], source: S0}]").find("`one.Z` is no field of one bit"),
        std::string::npos);
    EXPECT_NE(
        problems_of("relations: [{field: one.A, needs: [two.C], source: S0}]").find("`two.C` is no field of one bit"),
        std::string::npos);
    EXPECT_NE(
        problems_of("relations: [{field: one, needs: [one.A], source: S0}]").find("a layout is activated by a field"),
        std::string::npos);
    EXPECT_NE(problems_of("relations: [{field: one.A, activated_by: [one.B], source: S0}]")
                  .find("a layout is activated by a field"),
              std::string::npos);
}

TEST(msr_lists, are_the_registers_that_say_so_and_the_ranges_around_them) {
    const auto loaded = load_text(R"(
registers:
  - {name: R, address: 0x10, exists: always, switched_by: {msr_list: save_only}, fields: {63..0: ALL}}
  - {name: S, address: 0x21, exists: always, switched_by: {msr_list: forbidden}, fields: {63..0: ALL}}
  - {name: T, address: 0x30, exists: always, switched_by: {msr_list: allowed}, fields: {63..0: ALL}}
msr_lists:
  - {first: 0x20, last: 0x2F, title: A range, msr_list: forbidden, source: Manual}
)");
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    const auto& limits = loaded->tables().msr_lists;
    ASSERT_EQ(limits.size(), 2U) << "S is within the range, T has no limit";
    EXPECT_EQ(limits[0].first, 0x10U);
    EXPECT_TRUE(limits[0].saved && !limits[0].loaded);
    EXPECT_EQ(limits[1].last, 0x2FU);
    EXPECT_FALSE(limits[1].saved || limits[1].loaded);
    EXPECT_NE(problems_of("msr_lists: [{first: 2, last: 1, title: None, msr_list: forbidden, source: S0}]")
                  .find("the range ends before it begins"),
              std::string::npos);
}

}  // namespace
}  // namespace msr::catalogue::load
