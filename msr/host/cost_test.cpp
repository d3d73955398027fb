#include "msr/host/cost.hpp"

#include <gtest/gtest.h>

namespace msr::host {
namespace {

TEST(spread, is_of_the_sorted_samples) {
    std::vector<double> samples;
    for (int value = 999; value >= 0; --value)
        samples.push_back(value);
    const auto found = spread_of(samples);
    EXPECT_EQ(found.least, 0);
    EXPECT_EQ(found.lower_quartile, 250);
    EXPECT_EQ(found.median, 500);
    EXPECT_EQ(found.upper_quartile, 750);
    EXPECT_EQ(found.percentile_99, 990);
    EXPECT_EQ(spread_of({7}).percentile_99, 7);
    EXPECT_EQ(spread_of({}).median, 0);
}

TEST(difference, is_none_where_it_cannot_be_told_from_chance) {
    const spread sharp{.least = 90, .lower_quartile = 98, .median = 100, .upper_quartile = 102, .percentile_99 = 150};
    const spread more{.least = 100, .lower_quartile = 108, .median = 110, .upper_quartile = 112, .percentile_99 = 150};
    const spread vague{.least = 50, .lower_quartile = 90, .median = 110, .upper_quartile = 130, .percentile_99 = 900};
    EXPECT_EQ(difference(more, sharp), 10);
    EXPECT_FALSE(difference(sharp, more));
    EXPECT_FALSE(difference(vague, sharp));
}

// A clock that advances as calls are made, and by 20 at each reading.
class calls_test : public testing::Test {
  protected:
    std::uint64_t now = 0;
    int calls = 0;
    timing how{.ticks = [this] { return now += 20; }, .runs = 100, .values = 10};

    // 1000 for the call and 300 for each value.
    bool make(std::size_t values) {
        ++calls;
        now += 1000 + 300 * values;
        return true;
    }
};

TEST_F(calls_test, a_call_is_parted_from_its_values) {
    const auto cost = cost_of_calls(how, [&](std::size_t values) { return make(values); });
    ASSERT_TRUE(cost);
    EXPECT_EQ(cost->value.median, 300);
    EXPECT_EQ(cost->value.percentile_99, 300);
    EXPECT_EQ(cost->call.median, 1300) << "the clock's 20 are taken off";
    EXPECT_EQ(cost->entry(), 1000);
}

TEST_F(calls_test, a_disturbance_moves_the_99th_percentile_and_not_the_median) {
    const auto cost = cost_of_calls(how, [&](std::size_t values) {
        const bool made = make(values);
        if (calls % 40 == 0) now += 90000;
        return made;
    });
    ASSERT_TRUE(cost);
    EXPECT_EQ(cost->value.median, 300);
    EXPECT_GT(cost->value.percentile_99, 9000);
}

TEST_F(calls_test, cold_first_calls_do_not_count) {
    const auto cost = cost_of_calls(how, [&](std::size_t values) {
        const bool made = make(values);
        if (calls <= 2) now += 1'000'000;
        return made;
    });
    ASSERT_TRUE(cost);
    EXPECT_EQ(cost->value.percentile_99, 300);
    EXPECT_EQ(cost->call.percentile_99, 1300);
}

TEST_F(calls_test, what_comes_before_a_call_is_not_timed) {
    const auto cost = cost_of_calls(
        how, [&](std::size_t values) { return make(values); },
        [&] {
            now += 5'000'000;
            return true;
        });
    ASSERT_TRUE(cost);
    EXPECT_EQ(cost->call.percentile_99, 1300);
}

TEST_F(calls_test, a_call_that_fails_has_no_cost) {
    EXPECT_FALSE(cost_of_calls(how, [&](std::size_t values) { return make(values) && calls < 50; }));
    calls = 0;
    EXPECT_FALSE(cost_of_calls(how, [&](std::size_t values) { return make(values); }, [&] { return false; }));
    EXPECT_EQ(calls, 0) << "nothing is called that was not prepared";
}

}  // namespace
}  // namespace msr::host
