#include "msr/host/cost.hpp"

#include <algorithm>

namespace msr::host {
namespace {

double elapsed(const timing& how, const timed_call& call, std::size_t values, bool& made) {
    const auto start = how.ticks();
    made = call(values);
    return static_cast<double>(how.ticks() - start);
}

// What measuring takes by itself: a call that does nothing.
double overhead(const timing& how) {
    const timed_call nothing = [](std::size_t) { return true; };
    std::vector<double> samples(how.runs);
    bool made = true;
    for (auto& one : samples)
        one = elapsed(how, nothing, 1, made);
    return spread_of(std::move(samples)).least;
}

}  // namespace

spread spread_of(std::vector<double> samples) {
    if (samples.empty()) return {};
    std::ranges::sort(samples);
    const auto at = [&](std::size_t percent) { return samples[samples.size() * percent / 100]; };
    return {.least = samples.front(),
            .lower_quartile = at(25),
            .median = at(50),
            .upper_quartile = at(75),
            .percentile_99 = at(99)};
}

std::optional<double> difference(const spread& whole, const spread& part) {
    const auto scatter = (whole.upper_quartile - whole.lower_quartile + part.upper_quartile - part.lower_quartile) / 2;
    const auto found = whole.median - part.median;
    return found > scatter ? std::optional{found} : std::nullopt;
}

std::optional<double> difference(const spread& whole, double part) {
    return difference(whole, spread{.lower_quartile = part, .median = part, .upper_quartile = part});
}

std::optional<call_cost> cost_of_calls(const timing& how, const timed_call& call, const std::function<bool()>& before) {
    std::vector<double> of_one;
    std::vector<double> of_many;
    const auto sample = [&](std::vector<double>& into, std::size_t values) {
        bool made = !before || before();
        if (made) into.push_back(elapsed(how, call, values, made));
        return made;
    };
    for (std::size_t run = 0; run <= how.runs; ++run) {
        if (!sample(of_one, 1) || !sample(of_many, how.values)) return std::nullopt;
    }
    // The first calls find cold caches, and do not count.
    of_one.erase(of_one.begin());
    of_many.erase(of_many.begin());
    const auto alone = spread_of(of_one).median;
    const auto more = static_cast<double>(how.values - 1);
    for (auto& one : of_many)
        one = std::max(0.0, (one - alone) / more);
    const auto clock = overhead(how);
    for (auto& one : of_one)
        one = std::max(0.0, one - clock);
    return call_cost{spread_of(std::move(of_one)), spread_of(std::move(of_many))};
}

}  // namespace msr::host
