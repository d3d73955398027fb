#include "msr/context/switch_plan/switch_trace.hpp"

#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"

namespace msr::context {
namespace {

class mistaken : public testing::TestWithParam<std::tuple<const char*, int, int, const char*>> {};

TEST_P(mistaken, has_a_place) {
    const auto [text, line, column, message] = GetParam();
    const auto read = read_switch_trace(text, catalogue::built_in());
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().line, line) << read.error().message;
    EXPECT_EQ(read.error().column, column) << read.error().message;
    EXPECT_NE(read.error().message.find(message), std::string::npos) << read.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    traces, mistaken,
    testing::Values(
        std::tuple{"taks a\n", 1, 1, "no statement `taks`"}, std::tuple{"0 jump\n", 1, 3, "no event `jump`"},
        std::tuple{"0\n", 1, 2, "what happened is missing"}, std::tuple{"5000 user\n", 1, 1, "numbered up to 4095"},
        std::tuple{"task a\ntask a\n", 2, 6, "declared twice"}, std::tuple{"0 switch a\n", 1, 10, "no task `a`"},
        std::tuple{"0 switch\n", 1, 9, "a task is missing"},
        std::tuple{"task a IA32_NOTHING=1\n", 1, 8, "IA32_NOTHING"},
        std::tuple{"task a IA32_EFER\n", 1, 17, "value is missing"},
        std::tuple{"task a IA32_EFER=\n", 1, 18, "value is missing"},
        std::tuple{"task a IA32_EFER=x\n", 1, 18, "`x` is no number"},
        std::tuple{"task a IA32_EFER=0x10000000000000000\n", 1, 18, "no number of 64 bits"},
        std::tuple{"task a IA32_EFER=1 EFER=1\n", 1, 20, "twice"},
        std::tuple{"task a IA32_EFER.SCE=1\n", 1, 8, "not one whole register"},
        std::tuple{"task a IA32_MTRR_PHYSBASE=1\n", 1, 8, "not one whole register"},
        std::tuple{"0 put\n", 1, 3, "no guest is loaded"},
        std::tuple{"guest g\n0 load g\n0 user\n", 3, 3, "a guest is loaded on CPU 0"},
        std::tuple{"0 write\n", 1, 8, "what is written is missing"},
        std::tuple{"0 user 5\n", 1, 8, "nothing behind it"}, std::tuple{"task a\n0 user \x01\n", 2, 8, "not text"}));

TEST(mistaken_trace, is_quoted_in_part) {
    for (const auto* const before : {"", "0 ", "0 switch ", "task a ", "task a IA32_EFER="}) {
        const auto read = read_switch_trace(before + std::string(100'000, 'x'), catalogue::built_in());
        ASSERT_FALSE(read);
        EXPECT_LT(read.error().message.size(), 200) << before;
    }
    EXPECT_EQ(read_switch_trace(std::string(100'000, '\0'), catalogue::built_in()).error().message, "this is not text");
}

}  // namespace
}  // namespace msr::context
