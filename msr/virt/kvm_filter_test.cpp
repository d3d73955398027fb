#include "msr/virt/kvm_filter.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_star.hpp"
#include "msr/registers/ia32_x2apic_apicid.hpp"

namespace msr::virt {
namespace {

using by = kvm_filter_decision::by;
using refusal_reason = kvm_filter_refusal::reason;

constexpr std::uint32_t reads = static_cast<std::uint32_t>(accesses::reads);
constexpr std::uint32_t writes = static_cast<std::uint32_t>(accesses::writes);
constexpr std::uint32_t both = static_cast<std::uint32_t>(accesses::both);
constexpr std::uint32_t longest = kvm_filter_limits::registers;

/// A filter with memory of its own.
class made_filter {
  public:
    explicit made_filter(std::uint32_t flags) : flags_{flags} {}

    made_filter& add(std::uint32_t flags, std::uint32_t base, std::uint32_t count, std::vector<std::uint64_t> words) {
        words_.push_back(std::make_unique<std::vector<std::uint64_t>>(std::move(words)));
        ranges_.push_back({flags, base, count, *words_.back()});
        return *this;
    }
    [[nodiscard]] kvm_filter operator*() const { return {flags_, ranges_}; }

  private:
    std::uint32_t flags_;
    std::vector<std::unique_ptr<std::vector<std::uint64_t>>> words_;
    std::vector<kvm_filter_range> ranges_;
};

std::expected<void, kvm_filter_refusal> refusal(refusal_reason why, std::size_t range = 0) {
    return std::unexpected{kvm_filter_refusal{why, range}};
}

TEST(kvm_filter, the_first_range_that_covers_register_and_direction_decides) {
    const auto star = ia32_star::address;
    made_filter made{kvm_filter::denies_by_default};
    made.add(reads, star, 1, {0}).add(both, star, 2, {3}).add(writes, star, 1, {0});
    const auto filter = *made;
    ASSERT_TRUE(filter.validate());
    EXPECT_EQ(filter.decide(star, direction::read), (kvm_filter_decision{false, by::range, 0}));
    EXPECT_EQ(filter.decide(star, direction::write), (kvm_filter_decision{true, by::range, 1}));
    EXPECT_EQ(filter.decide(star + 1, direction::read), (kvm_filter_decision{true, by::range, 1}));
    EXPECT_EQ(filter.decide(star + 2, direction::read), (kvm_filter_decision{false, by::otherwise, 0}));
}

TEST(kvm_filter, without_a_range_all_is_allowed_and_nothing_can_be_denied) {
    EXPECT_TRUE(kvm_filter{}.validate());
    EXPECT_TRUE(kvm_filter{}.allows(ia32_efer::address, direction::write));
    EXPECT_EQ(kvm_filter{kvm_filter::denies_by_default}.validate(), refusal(refusal_reason::denies_all));
    made_filter empty{kvm_filter::denies_by_default};
    empty.add(~0U, 0, 0, {});
    EXPECT_EQ((*empty).validate(), refusal(refusal_reason::denies_all));
    empty.add(reads, 0, 1, {0});
    EXPECT_TRUE((*empty).validate()) << "nothing of an empty slot counts";
}

TEST(kvm_filter, is_refused_for_its_first_fault) {
    EXPECT_EQ(kvm_filter{2}.validate(), refusal(refusal_reason::unknown_flags));
    made_filter flags{0};
    flags.add(reads, 0, 1, {0}).add(4 | reads, 0, longest + 1, {});
    EXPECT_EQ((*flags).validate(), refusal(refusal_reason::unknown_range_flags, 1));
    made_filter no_direction{0};
    no_direction.add(0, 0, 1, {0});
    EXPECT_EQ((*no_direction).validate(), refusal(refusal_reason::no_direction));
    made_filter most{0};
    most.add(reads, 0, longest, std::vector<std::uint64_t>(kvm_filter_limits::bitmap_words));
    EXPECT_TRUE((*most).validate());
    made_filter too_long{0};
    too_long.add(reads, 0, longest + 1, std::vector<std::uint64_t>(kvm_filter_limits::bitmap_words + 1));
    EXPECT_EQ((*too_long).validate(), refusal(refusal_reason::too_long));
    made_filter most_of_all{0};
    most_of_all.add(reads, 0, ~0U, {});
    EXPECT_EQ((*most_of_all).validate(), refusal(refusal_reason::too_long));
    made_filter short_of_bits{0};
    short_of_bits.add(reads, 0, 65, {0});
    EXPECT_EQ((*short_of_bits).validate(), refusal(refusal_reason::bitmap_too_short));
    made_filter crowd{0};
    for (std::uint32_t at = 0; at < kvm_filter_limits::ranges; ++at)
        crowd.add(reads, at, 1, {0});
    EXPECT_TRUE((*crowd).validate());
    crowd.add(reads, 0, 0, {});
    EXPECT_EQ((*crowd).validate(), refusal(refusal_reason::too_many_ranges));
}

TEST(kvm_filter, a_range_that_wraps_around_is_taken_and_covers_nothing) {
    made_filter made{kvm_filter::denies_by_default};
    made.add(both, ~0U - 1, 4, {0xF}).add(both, ~0U, 1, {1});
    const auto filter = *made;
    ASSERT_TRUE(filter.validate());
    for (const std::uint32_t index : {~0U - 1, ~0U, 0U, 1U})
        EXPECT_EQ(filter.decide(index, direction::read), (kvm_filter_decision{false, by::otherwise, 0})) << index;
}

TEST(kvm_filter, never_reaches_the_x2apic) {
    const auto first = ia32_x2apic_apicid::address & ~0xFFU;
    made_filter made{kvm_filter::denies_by_default};
    made.add(both, first - 1, 0x102, std::vector<std::uint64_t>(5));
    const auto filter = *made;
    for (auto index = first; index < first + 0x100; ++index)
        EXPECT_EQ(filter.decide(index, direction::write), (kvm_filter_decision{true, by::exemption, 0})) << index;
    EXPECT_FALSE(filter.allows(first - 1, direction::write));
    EXPECT_FALSE(filter.allows(first + 0x100, direction::write));
}

TEST(kvm_filter, a_filtered_access_is_reported_as_filtered_whatever_else_is_wrong_with_it) {
    for (const auto handling : {kvm_handling::done, kvm_handling::refused, kvm_handling::unknown})
        EXPECT_EQ(exit_reason(false, handling), kvm_exit_reason::filtered);
    EXPECT_EQ(exit_reason(true, kvm_handling::unknown), kvm_exit_reason::unknown);
    EXPECT_EQ(exit_reason(true, kvm_handling::refused), kvm_exit_reason::invalid);
    EXPECT_EQ(exit_reason(true, kvm_handling::done), kvm_exit_reason::none);
}

// ---- packing

class kvm_filter_packing : public testing::Test {
  protected:
    packed_kvm_filter packed(const std::vector<passed_register>& allowed) {
        const auto made = pack(allowed, *memory_);
        EXPECT_TRUE(made) << made.error();
        const auto valid = made->filter.validate();
        EXPECT_TRUE(valid) << std::string_view{to_string(valid.error().why)};
        expect_nothing_else_allowed(allowed, made->filter);
        return *made;
    }

  private:
    // Around every listed register and every end of a range.
    static void expect_nothing_else_allowed(const std::vector<passed_register>& allowed, const kvm_filter& filter) {
        std::vector<std::uint32_t> indexes{0, ~0U};
        for (const auto& one : allowed)
            indexes.insert(indexes.end(), {one.index - 1, one.index, one.index + 1});
        for (const auto& one : filter.ranges)
            indexes.insert(indexes.end(), {one.base - 1, one.base, one.base + one.count - 1, one.base + one.count});
        for (const auto index : indexes) {
            const auto listed = std::ranges::find(allowed, index, &passed_register::index);
            for (const auto access : {direction::read, direction::write}) {
                const bool may = listed != allowed.end() && includes(listed->allowed, access);
                EXPECT_TRUE(may || !filter.allows(index, access) || !is_filtered_by_kvm(index)) << index;
            }
        }
    }

    std::unique_ptr<kvm_filter_storage> memory_ = std::make_unique<kvm_filter_storage>();
};

TEST_F(kvm_filter_packing, registers_far_apart_take_a_range_each_and_neighbours_share_one) {
    const auto star = ia32_star::address;
    EXPECT_EQ(packed({{1}, {longest}}).filter.ranges.size(), 1U);
    EXPECT_EQ(packed({{1}, {longest + 1}}).filter.ranges.size(), 2U);
    const auto split = packed({{1}, {star, accesses::reads}, {ia32_lstar::address}});
    EXPECT_EQ(split.left_out, 0U);
    EXPECT_EQ(split.filter.ranges.size(), 3U) << "the low ones, and one for each direction or a shadow and both";
    EXPECT_FALSE(split.filter.allows(star, direction::write));
}

// Three bitmaps' length of reads, of which writes are denied in the middle only: one shadow over the middle is enough.
TEST_F(kvm_filter_packing, a_range_of_one_direction_shadows_ranges_of_both) {
    std::vector<passed_register> allowed;
    for (std::uint32_t index = 0x10000; index < 0x10000 + 2 * longest; index += longest / 4) {
        const bool shadowed = index > 0x10000 + longest / 2 && index < 0x10000 + longest * 3 / 2;
        allowed.push_back({index, shadowed ? accesses::reads : accesses::both});
    }
    const auto made = packed(allowed);
    EXPECT_EQ(made.left_out, 0U);
    EXPECT_EQ(made.filter.ranges.size(), 3U);
}

TEST_F(kvm_filter_packing, nothing_at_all_is_a_range_that_denies) {
    const auto made = packed({});
    EXPECT_EQ(made.filter.ranges.size(), 1U);
    EXPECT_FALSE(made.filter.allows(0, direction::read));
    EXPECT_FALSE(made.filter.allows(ia32_efer::address, direction::write));
}

TEST_F(kvm_filter_packing, what_no_filter_can_say_is_left_out) {
    const auto x2apic = ia32_x2apic_apicid::address;
    EXPECT_EQ(packed({{x2apic}}).left_out, 0U) << "it is allowed anyhow";
    EXPECT_EQ(packed({{x2apic, accesses::reads}}).left_out, 1U) << "writes cannot be denied";
    EXPECT_EQ(packed({{~0U, accesses::writes}}).left_out, 1U) << "no range covers the last address of all";
    const auto last_but_one = packed({{~0U - 1}, {~0U}});
    EXPECT_EQ(last_but_one.left_out, 2U);
    EXPECT_TRUE(last_but_one.filter.allows(~0U - 1, direction::write));
}

TEST_F(kvm_filter_packing, beyond_16_ranges_the_last_registers_are_left_out) {
    std::vector<passed_register> allowed;
    for (std::uint32_t at = 0; at < kvm_filter_limits::ranges + 2; ++at)
        allowed.push_back({0x10000 + at * 0x10000, accesses::both});
    const auto made = packed(allowed);
    EXPECT_EQ(made.filter.ranges.size(), kvm_filter_limits::ranges);
    EXPECT_EQ(made.left_out, 4U);
    for (std::size_t at = 0; at < allowed.size(); ++at)
        EXPECT_EQ(made.filter.allows(allowed[at].index, direction::read), at < kvm_filter_limits::ranges);
}

TEST_F(kvm_filter_packing, a_list_out_of_order_is_refused) {
    kvm_filter_storage memory;
    for (const std::uint32_t second : {4U, 5U}) {
        const std::array list{passed_register{5}, passed_register{second}};
        const auto made = pack(list, memory);
        ASSERT_FALSE(made);
        EXPECT_EQ(made.error(), second);
    }
}

// Whether ranges that begin at these registers, as long as can be, can decide the list: tried without cleverness.
bool suffices(const std::vector<passed_register>& allowed,
              const std::vector<std::pair<std::uint32_t, accesses>>& ranges) {
    const auto has = [&](std::uint32_t index, accesses which) {
        return std::ranges::any_of(ranges, [&](const auto& one) {
            return one.second == which && index >= one.first && index - one.first < longest;
        });
    };
    return std::ranges::all_of(allowed, [&](const passed_register& one) {
        const bool in_both = has(one.index, accesses::both);
        const bool in_reads = has(one.index, accesses::reads);
        const bool in_writes = has(one.index, accesses::writes);
        if (one.allowed == accesses::both) return in_both || (in_reads && in_writes);
        if (one.allowed == accesses::reads) return in_reads || (in_writes && in_both);
        return in_writes || (in_reads && in_both);
    });
}

std::size_t fewest(const std::vector<passed_register>& allowed) {
    std::vector<std::pair<std::uint32_t, accesses>> candidates;
    for (const auto& one : allowed) {
        for (const auto which : {accesses::reads, accesses::writes, accesses::both})
            candidates.emplace_back(one.index, which);
    }
    std::size_t least = candidates.size();
    for (std::uint32_t chosen = 1; chosen < 1U << candidates.size(); ++chosen) {
        const auto size = static_cast<std::size_t>(std::popcount(chosen));
        if (size >= least) continue;
        std::vector<std::pair<std::uint32_t, accesses>> ranges;
        for (std::size_t at = 0; at < candidates.size(); ++at) {
            if ((chosen >> at & 1U) != 0) ranges.push_back(candidates[at]);
        }
        if (suffices(allowed, ranges)) least = size;
    }
    return least;
}

TEST_F(kvm_filter_packing, no_fewer_ranges_would_do) {
    std::mt19937 random{5};
    const auto below = [&](std::uint32_t end) { return static_cast<std::uint32_t>(random() % end); };
    for (int round = 0; round < 300; ++round) {
        std::vector<passed_register> allowed;
        std::uint32_t index = 0x10000;
        for (int one = 0; one < 4; ++one) {
            index += 1 + below(longest);
            allowed.push_back({index, static_cast<accesses>(1 + below(3))});
        }
        const auto made = packed(allowed);
        EXPECT_EQ(made.left_out, 0U);
        EXPECT_EQ(made.filter.ranges.size(), fewest(allowed)) << "round " << round;
    }
}

TEST_F(kvm_filter_packing, decides_every_register_of_long_lists_as_asked) {
    std::mt19937 random{6};
    const auto below = [&](std::uint32_t end) { return static_cast<std::uint32_t>(random() % end); };
    for (int round = 0; round < 30; ++round) {
        std::vector<passed_register> allowed;
        for (const std::uint32_t from : {0x10000U, 0x40000000U, 0xC0000000U}) {
            for (std::uint32_t index = from; index < from + longest; index += 1 + below(400))
                allowed.push_back({index, static_cast<accesses>(1 + below(3))});
        }
        const auto made = packed(allowed);
        EXPECT_EQ(made.left_out, 0U);
        EXPECT_EQ(made.filter.ranges.size(), 6U);
    }
}

}  // namespace
}  // namespace msr::virt
