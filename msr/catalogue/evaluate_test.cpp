#include "msr/catalogue/evaluate.hpp"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "msr/catalogue/load/expression_parser.hpp"

namespace msr::catalogue {
namespace {

// A CPU whose register 10H could be read and holds 0x1234; register 20H could not.
struct small_cpu {
    static bool feature(std::uint32_t index) { return index == 1; }
    static bool vendor(std::uint32_t) { return false; }
    static bool processors(std::uint32_t) { return false; }
    static std::uint32_t quantity(std::uint32_t) { return 39; }
    static std::uint32_t family() { return 6; }
    static std::uint32_t model() { return 0x3C; }
    static std::uint32_t stepping() { return 3; }
    static std::uint64_t self_bits(int msb, int lsb) { return 0xABCDU >> lsb & ((1U << (msb - lsb + 1)) - 1U); }
    static std::optional<std::uint64_t> register_bits(std::uint32_t address, int msb, int lsb) {
        if (address != 0x10) return std::nullopt;
        return 0x1234U >> lsb & ((1U << (msb - lsb + 1)) - 1U);
    }
};

std::expected<load::program, std::string> meaning(std::string_view name, int msb, int lsb) {
    const auto high = static_cast<std::uint8_t>(msb < 0 ? 15 : msb);
    const auto low = static_cast<std::uint8_t>(lsb < 0 ? 0 : lsb);
    if (name == "lost")
        return load::program{{.code = operation::register_bits, .msb = high, .lsb = low, .operand = 0x20}};
    if (name == "kept")
        return load::program{{.code = operation::register_bits, .msb = high, .lsb = low, .operand = 0x10}};
    if (name == "field") return load::program{{.code = operation::self_bits, .msb = high, .lsb = low}};
    if (name == "WIDTH") return load::program{{.code = operation::quantity}};
    if (name == "model") return load::program{{.code = operation::model}};
    if (name == "present") return load::program{{.code = operation::feature, .operand = 1}};
    if (name == "absent") return load::program{{.code = operation::feature, .operand = 0}};
    return std::unexpected{"`" + std::string{name} + "` is unknown"};
}

template <class Number>
maybe<Number> value_of(std::string_view source) {
    const auto code = load::compile(source, meaning);
    EXPECT_TRUE(code) << source << ": " << code.error();
    return code ? evaluate<Number>(*code, small_cpu{}) : maybe<Number>{};
}

holds truth_of(std::string_view source) {
    const auto code = load::compile(source, meaning);
    EXPECT_TRUE(code) << source << ": " << code.error();
    return code ? test(*code, small_cpu{}) : holds::unknown;
}

TEST(evaluate, one_known_operand_can_decide) {
    EXPECT_EQ(truth_of("lost and absent"), holds::no);
    EXPECT_EQ(truth_of("absent and lost"), holds::no);
    EXPECT_EQ(truth_of("lost or present"), holds::yes);
    EXPECT_EQ(truth_of("present or lost"), holds::yes);
}

TEST(evaluate, unknown_spreads_where_it_matters) {
    for (const auto* source : {"lost", "not lost", "lost and present", "present and lost", "lost or absent",
                               "absent or lost", "lost == lost", "lost > 3", "not (lost and present)", "lost + 1"}) {
        EXPECT_EQ(truth_of(source), holds::unknown) << source;
    }
    EXPECT_EQ(truth_of("not (lost and absent)"), holds::yes);
}

TEST(evaluate, empty_condition_always_holds) {
    EXPECT_EQ(truth_of("always"), holds::yes);
    EXPECT_FALSE(evaluate<std::int64_t>({}, small_cpu{}).known);
}

TEST(evaluate, any_number_but_zero_is_true) {
    EXPECT_EQ(truth_of("kept"), holds::yes);
    EXPECT_EQ(truth_of("kept[15..13]"), holds::no);
    EXPECT_EQ(value_of<std::int64_t>("kept and present").value, 1);
    EXPECT_EQ(value_of<std::int64_t>("not kept").value, 0);
}

TEST(evaluate, operators_bind_as_in_the_manuals_formulas) {
    const std::pair<const char*, std::int64_t> cases[]{
        {"2 + 3 * 4", 14},
        {"2 * 3 ^ 2", 18},
        {"20 - 5 - 3", 12},
        {"64 / 4 / 2", 8},
        {"2 ^ 3 ^ 2", 64},
        {"(2 + 3) * 4", 20},
        {"1 + 1 == 2", 1},
        {"not 1 == 2", 1},
        {"not absent and absent", 0},
        {"present or present and absent", 1},
        {"(present or present) and absent", 0},
        {"model >= 0x3C and model < 61", 1},
        {"WIDTH - 1", 38},
        {"field[15..12] * 16 + field[3..0]", 0xAD},
    };
    for (const auto& [source, expected] : cases) {
        EXPECT_EQ(value_of<std::int64_t>(source).value, expected) << source;
    }
}

TEST(evaluate, formulas_keep_fractions) {
    EXPECT_DOUBLE_EQ(value_of<double>("1 / 2 ^ 3").value, 0.125);
    EXPECT_DOUBLE_EQ(value_of<double>("(1 + 3 / 4) * 2 ^ 2").value, 7.0);
    EXPECT_DOUBLE_EQ(value_of<double>("2 ^ (0 - 3)").value, 0.125);
    EXPECT_EQ(value_of<std::int64_t>("7 / 2").value, 3);
}

TEST(evaluate, division_by_zero_is_unknown) {
    EXPECT_FALSE(value_of<std::int64_t>("1 / 0").known);
    EXPECT_FALSE(value_of<double>("1 / (WIDTH - 39)").known);
    EXPECT_EQ(truth_of("1 / 0 == 1 or present"), holds::yes);
}

// An overlay's author may write any numbers: no arithmetic may trap, or run for years.
TEST(evaluate, extreme_arithmetic_ends) {
    const std::string lowest = "(0 - 9223372036854775807 - 1)";
    EXPECT_EQ(value_of<std::int64_t>(lowest).value, std::numeric_limits<std::int64_t>::min());
    for (const auto& source : {lowest + " / (0 - 1)", lowest + " - 1", lowest + " * 3",
                               std::string{"9223372036854775807 + 9223372036854775807"},
                               std::string{"3 ^ 9223372036854775807"}, std::string{"2 ^ 64"}}) {
        EXPECT_NO_FATAL_FAILURE(static_cast<void>(value_of<std::int64_t>(source)));
    }
    EXPECT_NO_FATAL_FAILURE(static_cast<void>(value_of<double>("1 ^ 9223372036854775807")));
    EXPECT_DOUBLE_EQ(value_of<double>("1 / 2 ^ 63").value, 0x1p-63);
}

}  // namespace
}  // namespace msr::catalogue
