// What a plan carries along, what leads back, and what is dangerous.
#include "tools/msr/write_plan.hpp"

#include <gtest/gtest.h>

#include "msr/catalogue/load/test_catalogue.hpp"
#include "tools/msr/danger.hpp"

namespace tool {
namespace {

using catalogue::load::entry_of;
using catalogue::load::load_text;
using catalogue::load::register_of;

class register_view_test : public testing::Test {
  protected:
    // A nibble of each kind.
    profile::behaviour acts{
        .stored = 0x000F, .kept = 0xF0000, .cleared_by_one = 0x00F0, .set_by_one = 0x0F00, .cleared_by_zero = 0xF000};
    catalogue::register_entry entry;
    layout no_fields{entry, catalogue::tables{}};

    [[nodiscard]] register_view holding(std::uint64_t old) const { return {no_fields, acts, old, ~std::uint64_t{0}}; }
};

TEST_F(register_view_test, what_nobody_asked_for_stays) {
    for (const std::uint64_t old : {0x00000U, 0xFFFFFU, 0x5A5A5U, 0xA5A5AU})
        EXPECT_EQ(acts.combine(old, holding(old).unchanged()), old);
}

TEST_F(register_view_test, it_leads_back_as_far_as_writes_can) {
    // Bits that only clear can be cleared, bits that only set can be set, bits that are kept stay.
    EXPECT_EQ(acts.combine(0xFFFFF, holding(0xFFFFF).leading(0xFFFFF, 0)), 0xF0F00U);
    EXPECT_EQ(acts.combine(0, holding(0).leading(0, 0xFFFFF)), 0x00F0FU);
    EXPECT_EQ(acts.combine(0xF5A5A, holding(0xF5A5A).leading(0xF5A5A, 0xF0A05)), 0xF0A05U);
}

class dangers_test : public testing::Test {
  protected:
    [[nodiscard]] std::vector<std::string> of(std::string_view access, std::uint64_t old, std::uint64_t result) const {
        const auto loaded = load_text(register_of(
            {"63..4: mbz", "3: {name: RESET, danger: resets}", "2: {name: SET, access: w1s}", "1: LOCK", "0: OTHER"},
            access));
        if (!loaded) return {"not loaded"};
        const auto& facts = loaded->tables();
        return dangers(layout{entry_of(facts, "R"), facts}, old, result);
    }
    static constexpr auto locked = "lock: [{field: LOCK, locks: all, effect: fault}]";
};

TEST_F(dangers_test, only_a_change_counts) {
    EXPECT_TRUE(of(locked, 0xE, 0xE).empty());
    EXPECT_TRUE(of(locked, 0x0, 0x1).empty());
    EXPECT_EQ(of(locked, 0x0, 0x8), std::vector<std::string>{"a write of RESET resets the machine"});
}

TEST_F(dangers_test, what_only_reset_takes_back) {
    EXPECT_EQ(of(locked, 0x0, 0x2), std::vector<std::string>{"LOCK locks the register until reset"});
    EXPECT_EQ(of(locked, 0x0, 0x4), std::vector<std::string>{"SET stays set until reset"});
    EXPECT_TRUE(of(locked, 0x2, 0x0).empty()) << "a lock that is opened";
}

TEST_F(dangers_test, of_a_register_that_only_takes_writes_every_write_counts) {
    EXPECT_EQ(of("access: wo", 0, 0), std::vector<std::string>{"a write of RESET resets the machine"});
}

}  // namespace
}  // namespace tool
