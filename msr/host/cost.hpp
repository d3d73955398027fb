// What a call costs, and what one more value in it does: many calls, timed and summed up. Knows neither what is called
// nor what the clock is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace msr::host {

/// Measurements of the same thing, in ticks of the clock.
struct spread {
    double least = 0;
    double lower_quartile = 0;
    double median = 0;
    double upper_quartile = 0;
    double percentile_99 = 0;
};

/// All 0 of no samples.
[[nodiscard]] spread spread_of(std::vector<double> samples);

/// How much greater the median of `whole` is than that of `part`; nothing where that is less than the two scatter (half
/// the distance between their quartiles), so that a difference cannot be told from chance.
[[nodiscard]] std::optional<double> difference(const spread& whole, const spread& part);
[[nodiscard]] std::optional<double> difference(const spread& whole, double part);

/// Makes one call that moves so many values; false if it failed.
using timed_call = std::function<bool(std::size_t values)>;

struct timing {
    std::function<std::uint64_t()> ticks;
    std::size_t runs = 200;   // calls of one value, and as many of `values`
    std::size_t values = 32;  // at least 2
};

struct call_cost {
    spread call;   // a call with one value, without the reading of the clock
    spread value;  // each further value in a call

    /// What a call takes beyond its values; 0 if nothing can be told.
    [[nodiscard]] double entry() const { return difference(call, value).value_or(0); }
};

/// Times calls with one value and with many, in turns, `before` (untimed) ahead of each. Nothing if a call fails.
[[nodiscard]] std::optional<call_cost> cost_of_calls(const timing& how, const timed_call& call,
                                                     const std::function<bool()>& before = {});

}  // namespace msr::host
