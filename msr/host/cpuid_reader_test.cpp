#include "msr/host/cpuid_reader.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <gtest/gtest.h>

#include "msr/registers/cpuid.hpp"
#include "msr/registers/ia32_xss.hpp"

namespace msr::host {
namespace {

using profile::cpuid_answer;
using key = std::pair<std::uint32_t, std::uint32_t>;

// A made-up CPU, which answers for a leaf that it lacks as Intel's do: as for the last basic leaf.
class fake_cpuid {
  public:
    explicit fake_cpuid(std::map<key, cpuid_answer> answers) : answers_{std::move(answers)} {}

    cpuid_answer operator()(std::uint32_t leaf, std::uint32_t subleaf) const {
        const auto found = answers_.find({leaf, subleaf});
        if (found != answers_.end()) return found->second;
        const bool has_leaf = std::ranges::any_of(answers_, [&](const auto& one) { return one.first.first == leaf; });
        return has_leaf ? cpuid_answer{} : answers_.at({answers_.at({0, 0}).eax, 0});
    }

  private:
    std::map<key, cpuid_answer> answers_;
};

std::vector<std::uint32_t> subleaves(const std::vector<profile::cpuid_leaf>& leaves, std::uint32_t leaf) {
    std::vector<std::uint32_t> found;
    for (const auto& one : leaves) {
        if (one.leaf == leaf) found.push_back(one.subleaf);
    }
    return found;
}

std::map<key, cpuid_answer> bare_cpu(std::uint32_t last_leaf) {
    std::map<key, cpuid_answer> answers{{{0, 0}, {.eax = last_leaf}}, {{0x80000000, 0}, {.eax = 0x80000001}}};
    for (std::uint32_t leaf = 1; leaf <= last_leaf; ++leaf) {
        answers[{leaf, 0}] = {};
    }
    answers[{0x80000001, 0}] = {.edx = 7};
    return answers;
}

TEST(cpuid_reader, each_way_in_which_a_leaf_lists_its_subleaves) {
    auto answers = bare_cpu(0x1D);
    answers[{0x4, 0}] = {.eax = 0x121};  // two caches, then type 0
    answers[{0x4, 1}] = {.eax = 0x143};
    answers[{0x7, 0}] = {.eax = 2};
    answers[{0xB, 0}] = {.ecx = 0x100};                   // one level
    answers[{0xD, 0}] = {.eax = 0b111, .edx = 1U << 30};  // XCR0 bits 0-2 and 62
    answers[{0xD, 1}] = {.ecx = ia32_xss{}.cet_u(true).raw()};
    answers[{0x10, 0}] = {.ebx = 0b1010};
    const auto leaves = collect_cpuid(fake_cpuid{answers});
    EXPECT_EQ(subleaves(leaves, 0x4), (std::vector<std::uint32_t>{0, 1, 2}));
    EXPECT_EQ(subleaves(leaves, 0x7), (std::vector<std::uint32_t>{0, 1, 2}));
    EXPECT_EQ(subleaves(leaves, 0xB), (std::vector<std::uint32_t>{0, 1}));
    EXPECT_EQ(subleaves(leaves, 0xD), (std::vector<std::uint32_t>{0, 1, 2, ia32_xss::fields::cet_u::lsb, 62}));
    EXPECT_EQ(subleaves(leaves, 0x10), (std::vector<std::uint32_t>{0, 1, 3}));
    EXPECT_EQ(subleaves(leaves, 0x12), (std::vector<std::uint32_t>{0, 1, 2}));
    EXPECT_EQ(subleaves(leaves, 0x2), (std::vector<std::uint32_t>{0}));
    EXPECT_EQ(subleaves(leaves, 0x80000001), (std::vector<std::uint32_t>{0}));
}

TEST(cpuid_reader, a_range_that_the_cpu_lacks_is_not_made_up) {
    const auto leaves = collect_cpuid(fake_cpuid{bare_cpu(0xB)});
    EXPECT_TRUE(std::ranges::none_of(leaves, [](const auto& one) { return one.leaf >= 0xC0000000; }));
    EXPECT_TRUE(std::ranges::none_of(leaves, [](const auto& one) { return one.leaf >> 28 == 4; }));
}

TEST(cpuid_reader, every_hypervisor_base_is_read) {
    auto answers = bare_cpu(1);
    answers[{1, 0}] = {.ecx = 1U << cpuid::hypervisor.lsb};
    answers[{0x40000000, 0}] = {.eax = 0x40000001};
    answers[{0x40000001, 0}] = {.eax = 5};
    answers[{0x40000100, 0}] = {.eax = 0x40000100};
    const auto leaves = collect_cpuid(fake_cpuid{answers});
    EXPECT_EQ(profile::find(leaves, 0x40000001, 0).eax, 5U);
    EXPECT_EQ(subleaves(leaves, 0x40000100).size(), 1U);
    EXPECT_TRUE(subleaves(leaves, 0x40000200).empty());
}

TEST(cpuid_reader, nonsense_from_a_hypervisor_ends) {
    const auto ones = [](std::uint32_t, std::uint32_t) { return cpuid_answer{~0U, ~0U, ~0U, ~0U}; };
    EXPECT_TRUE(collect_cpuid(ones).empty());
    auto answers = bare_cpu(0xFF);
    for (std::uint32_t leaf = 1; leaf <= 0xFF; ++leaf) {
        answers[{leaf, 0}] = {~0U, ~0U, ~0U, ~0U};
    }
    EXPECT_LT(collect_cpuid(fake_cpuid{answers}).size(), 0x100U * 64);
}

TEST(cpuid_reader, this_cpu_is_sorted_and_whole) {
    const auto leaves = collect_cpuid(native_cpuid);
    ASSERT_FALSE(leaves.empty());
    EXPECT_EQ(leaves.front().leaf, 0U);
    const auto place = [](const profile::cpuid_leaf& one) { return key{one.leaf, one.subleaf}; };
    EXPECT_TRUE(std::ranges::is_sorted(leaves, {}, place));
    EXPECT_EQ(std::ranges::adjacent_find(leaves, {}, place), leaves.end());
    EXPECT_NE(profile::find(leaves, 0x80000000, 0).eax, 0U);
}

}  // namespace
}  // namespace msr::host
