#include "msr/catalogue/load/expression_parser.hpp"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "msr/catalogue/evaluate.hpp"

namespace msr::catalogue::load {
namespace {

std::expected<program, std::string> meaning(std::string_view name, int, int) {
    if (name == "missing") return std::unexpected{"`missing` is nobody's name"};
    return program{{.code = operation::feature}};
}

std::string error_of(std::string_view source) {
    const auto code = compile(source, meaning);
    return code ? "accepted" : code.error();
}

// The error quotes the source, counts columns from 1 and says what is wrong there.
TEST(expression_parser, errors_say_where_and_why) {
    struct mistake {
        const char* source;
        int column;
        const char* why;
    };
    const mistake mistakes[]{
        {"a and", 6, "a value is missing"},
        {"", 1, "a value is missing"},
        {"a and missing", 7, "nobody's name"},
        {"(a or b", 8, "parenthesis"},
        {"a) or b", 2, "unexpected `)"},
        {"a b", 3, "unexpected `b`"},
        {"a == 18446744073709551616", 6, "64 bits"},
        {"a == 12z", 8, "64 bits"},
        {"a == 0x", 6, "64 bits"},
        {"a & b", 3, "unexpected `& b`"},
        {"a + * b", 5, "unexpected `*`"},
        {"a[64]", 0, "bits are written"},
        {"a[3..4]", 0, "bits are written"},
        {"a[4..0", 0, "bits are written"},
        {"\xC3\xA4", 1, "unexpected"},
    };
    for (const auto& [source, column, why] : mistakes) {
        const auto error = error_of(source);
        EXPECT_NE(error.find(why), std::string::npos) << source << ": " << error;
        EXPECT_NE(error.find("`" + std::string{source} + "`"), std::string::npos) << error;
        if (column == 0) continue;
        EXPECT_NE(error.find("column " + std::to_string(column) + ":"), std::string::npos) << source << ": " << error;
    }
}

TEST(expression_parser, always_stands_alone) {
    EXPECT_TRUE(compile("always", meaning)->empty());
    const auto names = [](std::string_view name, int, int) -> std::expected<program, std::string> {
        return std::unexpected{std::string{name}};
    };
    EXPECT_FALSE(compile("always and always", names));
}

TEST(expression_parser, operators_in_words_end_where_the_word_ends) {
    std::vector<std::string> names;
    const auto collect = [&](std::string_view name, int, int) -> std::expected<program, std::string> {
        names.emplace_back(name);
        return program{{.code = operation::feature}};
    };
    ASSERT_TRUE(compile("order or notable and android", collect));
    EXPECT_EQ(names, (std::vector<std::string>{"order", "notable", "android"}));
}

TEST(expression_parser, names_carry_variant_field_and_bits) {
    std::string seen;
    const auto note = [&](std::string_view name, int msb, int lsb) -> std::expected<program, std::string> {
        seen += std::string{name} + ":" + std::to_string(msb) + ":" + std::to_string(lsb) + " ";
        return program{{.code = operation::feature}};
    };
    ASSERT_TRUE(compile("MSR_UNIT@fractions.POWER + field[6..5] + field[3]", note));
    EXPECT_EQ(seen, "MSR_UNIT@fractions.POWER:-1:-1 field:6:5 field:3:3 ");
}

TEST(expression_parser, nesting_is_limited) {
    const auto nested = [](std::size_t depth, const char* open, const char* close) {
        std::string source;
        for (std::size_t at = 0; at < depth; ++at)
            source += open;
        source += "a";
        for (std::size_t at = 0; at < depth; ++at)
            source += close;
        return source;
    };
    EXPECT_TRUE(compile(nested(20, "(", ")"), meaning));
    for (const auto* open : {"(", "not ", "1 + (", "2 ^ ("}) {
        const auto* close = std::string_view{open} == "not " ? "" : ")";
        EXPECT_NE(error_of(nested(100'000, open, close)).find("nested too deeply"), std::string::npos) << open;
    }
}

// Every program that compiles fits the evaluator's stack: `1 + (1 + (1 + …` needs a place for each number.
TEST(expression_parser, the_evaluators_stack_is_never_exceeded) {
    std::string source = "1";
    bool refused = false;
    for (std::size_t depth = 2; depth < expression_depth + 8; ++depth) {
        source = "1 + (" + source + ")";
        const auto code = compile(source, meaning);
        EXPECT_EQ(code.has_value(), depth <= expression_depth) << depth;
        refused = refused || !code;
    }
    EXPECT_TRUE(refused);
}

// Names stand for programs: a chain of names that each double the last must not fill the memory.
TEST(expression_parser, a_program_has_a_limited_length) {
    program grown{{.code = operation::number, .operand = 1}};
    const auto doubled = [&](std::string_view, int, int) -> std::expected<program, std::string> { return grown; };
    for (int step = 0; step < 24; ++step) {
        auto next = compile("last + last", doubled);
        if (!next) {
            EXPECT_NE(next.error().find("too long"), std::string::npos) << next.error();
            return;
        }
        grown = std::move(*next);
    }
    FAIL() << "a program of " << grown.size() << " instructions was accepted";
}

TEST(expression_parser, any_text_is_answered) {
    std::mt19937 random{7};
    const std::string_view letters = "aA1 0x()[].^*/+-<>=!@_not and or\t\n\xff";
    for (int round = 0; round < 20'000; ++round) {
        std::string source(random() % 40, ' ');
        for (auto& letter : source)
            letter = letters[random() % letters.size()];
        const auto code = compile(source, meaning);
        EXPECT_TRUE(code || !code.error().empty());
    }
}

}  // namespace
}  // namespace msr::catalogue::load
