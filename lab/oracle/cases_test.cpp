// Cases and answers as text; what the image needs of the guest's memory.
#include "lab/oracle/cases.hpp"

#include <bit>

#include <gtest/gtest.h>

#include "lab/oracle/filter.hpp"
#include "lab/oracle/image_file.hpp"

namespace msr::oracle {
namespace {

TEST(cases, all_four_kinds_are_read_and_comments_are_not) {
    const auto cases = parse_cases(
        "# a comment\n\nguest 277 6\nguest-keep c0000080 ffffffffffffffff\n  host 10 0\nhost-keep 1b fee00900");
    ASSERT_TRUE(cases) << cases.error().line();
    const std::vector<test_case> expected{{false, false, 0x277, 6},
                                          {false, true, 0xC0000080, ~std::uint64_t{0}},
                                          {true, false, 0x10, 0},
                                          {true, true, 0x1B, 0xFEE00900}};
    EXPECT_EQ(*cases, expected);
}

TEST(cases, a_line_that_is_none_is_named) {
    for (const auto* line : {"guest 277", "guest 277 6 7", "gues 277 6", "hostess 277 6", "guest-keep- 277 6",
                             "guest 0x277 6", "guest 100000000 6", "guest 277 10000000000000000", "guest -1 6"}) {
        const auto cases = parse_cases(std::string{"guest 10 0\n"} + line);
        ASSERT_FALSE(cases) << line;
        EXPECT_NE(cases.error().line().find("line 2"), std::string::npos) << cases.error().line();
        EXPECT_NE(cases.error().line().find(line), std::string::npos) << cases.error().line();
    }
}

TEST(cases, an_answer_tells_each_access) {
    const test_case one{.address = 0x277, .value = 2};
    exchange answer = untried(one);
    answer.first_read = step::done;
    answer.old_value = 0x7040600070406;
    answer.write = step::refused;
    answer.second_read = step::refused;
    answer.restore = step::left_out;
    EXPECT_EQ(to_line(one, answer), "guest 277 2 7040600070406 fault fault -");
}

TEST(cases, only_a_kept_case_leaves_the_restore_out) {
    EXPECT_EQ(untried({.keeps = true}).restore, step::left_out);
    EXPECT_EQ(untried({.keeps = false}).restore, step::pending);
}

TEST(cases, leaves_survive_the_way_through_text) {
    const profile::cpuid_leaf leaf{0x80000001, 3, {1, 0xFFFFFFFF, 0, 0x2C100800}};
    const auto read = parse_leaves("guest 10 0 0 ok 0 ok\n" + to_line(leaf) + "\n");
    ASSERT_TRUE(read) << read.error().line();
    EXPECT_EQ(*read, std::vector{leaf});
}

TEST(filter, reaches_kvm_bit_by_bit) {
    const auto read = parse_filter("deny\n\nr 10 01\nrw c0000080 " + std::string(64, '0') + "1\n");
    ASSERT_TRUE(read) << read.error().line();
    auto filter = *read;
    const auto request = as_request(filter);
    EXPECT_EQ(request.flags, KVM_MSR_FILTER_DEFAULT_DENY);
    const auto& first = request.ranges[0];
    const auto& second = request.ranges[1];
    EXPECT_EQ(first.flags, KVM_MSR_FILTER_READ);
    EXPECT_EQ(first.base, 0x10U);
    EXPECT_EQ(first.nmsrs, 2U);
    EXPECT_EQ(first.bitmap[0], 2);
    EXPECT_EQ(second.flags, KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE);
    EXPECT_EQ(second.nmsrs, 65U);
    EXPECT_EQ(second.bitmap[0], 0);
    EXPECT_EQ(second.bitmap[8], 1);
    EXPECT_EQ(request.ranges[2].nmsrs, 0U);
}

TEST(filter, a_line_that_is_none_is_named) {
    for (const auto* line : {"x 10 1", "r 10", "r 10 2", "r 0x10 1", "r 10 1 1"}) {
        const auto read = parse_filter(std::string{"allow\n"} + line);
        ASSERT_FALSE(read) << line;
        EXPECT_NE(read.error().line().find("line 2"), std::string::npos) << read.error().line();
    }
    EXPECT_FALSE(parse_filter(""));
    EXPECT_FALSE(parse_filter("r 10 1"));
    std::string many = "allow";
    for (int range = 0; range < KVM_MSR_FILTER_MAX_RANGES; ++range)
        many += "\nr 10 1";
    EXPECT_TRUE(parse_filter(many));
    EXPECT_FALSE(parse_filter(many + "\nr 10 1"));
}

// KVM writes its clock to the memory whose address is written to its register, and cases are often powers of two.
TEST(image, nothing_lies_within_a_page_of_a_power_of_two) {
    constexpr std::uint64_t page = 0x1000;
    const auto image_end = header().load_address + image_bytes().size();
    for (std::uint64_t power = page; power != 0; power <<= 1) {
        const auto clear = [&](std::uint64_t from, std::uint64_t to) {
            return to <= power - page || from >= power + page;
        };
        EXPECT_TRUE(clear(header().load_address, image_end)) << std::hex << power;
        EXPECT_TRUE(clear(header().table, header().table_end)) << std::hex << power;
    }
}

}  // namespace
}  // namespace msr::oracle
