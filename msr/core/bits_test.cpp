#include "msr/core/bits.hpp"

#include <random>

#include <gtest/gtest.h>

namespace msr {
namespace {

enum class colour : std::uint8_t { red = 1, blue = 5 };

TEST(bits, constants_and_narrow_variables_convert_by_themselves) {
    const bits<12> constant = 0xFFF;
    const std::uint8_t narrow = 0xAB;
    const bits<12> variable = narrow;
    EXPECT_EQ(constant, 0xFFFU);
    EXPECT_EQ(variable, 0xABU);
}

TEST(bits, a_wider_type_of_variable_does_not_convert) {
    EXPECT_TRUE((std::constructible_from<bits<16>, std::uint16_t>));
    EXPECT_FALSE((std::constructible_from<bits<8>, bits<9>>)) << "the contents of a wider field";
    EXPECT_TRUE((std::constructible_from<bits<9>, bits<8>>));
    EXPECT_FALSE((std::constructible_from<bits<8>, bool>)) << "a flag is no number";
}

TEST(bits, checked_refuses_what_truncated_cuts_off) {
    EXPECT_FALSE(bits<4>::checked(16));
    EXPECT_EQ(bits<4>::checked(15).value(), 15U);
    EXPECT_EQ(bits<4>::truncated(0x123), 3U);
}

TEST(bits, whole_addresses_have_zeros_below_the_field) {
    using page = bits<40, 12>;
    EXPECT_EQ(page{0x1000}.raw(), 1U);
    EXPECT_EQ(page::from_raw(1), 0x1000U);
    EXPECT_FALSE(page::checked(0x1001)) << "has low bits";
    EXPECT_FALSE(page::checked(std::uint64_t{1} << 52)) << "is above the field";
    EXPECT_EQ(page::truncated(0x1FFF), 0x1000U);
}

TEST(bits, signed_numbers_are_twos_complement) {
    using offset = bits<7, 0, std::int32_t>;
    EXPECT_EQ(offset{-1}.raw(), 0x7FU);
    EXPECT_EQ(offset::from_raw(0x40), -64);
    EXPECT_EQ(offset::from_raw(0x3F), 63);
    EXPECT_FALSE(offset::checked(64));
    EXPECT_FALSE(offset::checked(-65));
}

TEST(bits, enumerations_keep_values_without_a_name) {
    using paint = bits<3, 0, colour>;
    const auto unnamed = paint::from_raw(6);
    EXPECT_EQ(unnamed.raw(), 6U);
    EXPECT_EQ(paint::checked(unnamed).value().raw(), 6U);
    EXPECT_EQ(paint{colour::blue}, colour::blue);
    EXPECT_FALSE(paint::checked(static_cast<colour>(8))) << "three bits cannot hold it";
}

TEST(bits, the_full_width_holds_everything) {
    EXPECT_EQ((bits<64>{~std::uint64_t{0}}.raw()), ~std::uint64_t{0});
    EXPECT_EQ((bits<64, 0, std::int64_t>{std::int64_t{-5}}), -5);
    EXPECT_EQ((bits<58, 6>::checked(~std::uint64_t{63}).value()), ~std::uint64_t{63});
}

// For every width and shift: what goes in comes out, and truncated agrees with checked wherever that answers.
template <unsigned Width, unsigned Shift>
void round_trips(std::mt19937_64& random) {
    for (int turn = 0; turn < 200; ++turn) {
        const auto value = random() >> (random() % 64);
        const auto cut = bits<Width, Shift>::truncated(value);
        EXPECT_EQ((bits<Width, Shift>::from_raw(cut.raw())), cut);
        EXPECT_EQ(bool((bits<Width, Shift>::checked(value))), cut == value) << value;
    }
}

TEST(bits, random_values_survive) {
    std::mt19937_64 random{1};
    round_trips<1, 0>(random);
    round_trips<1, 63>(random);
    round_trips<31, 1>(random);
    round_trips<32, 0>(random);
    round_trips<33, 31>(random);
    round_trips<64, 0>(random);
}

TEST(number_in, bounds_hold_at_run_time) {
    EXPECT_FALSE((number_in<1, 3>::checked(0)));
    EXPECT_EQ((number_in<1, 3>::checked(3).value().value()), 3U);
    EXPECT_FALSE((number_in<1, 3>::checked(4)));
    EXPECT_FALSE((number_in<0, 3>::checked(std::uint64_t{1} << 32)));
}

}  // namespace
}  // namespace msr
