// Wall time for the benchmarks that must be static programs: those that run in a lab's guest.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace bench {

/// How long the work takes, in microseconds.
template <class Work>
[[nodiscard]] double microseconds(const Work& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::micro>{std::chrono::steady_clock::now() - start}.count();
}

/// The middle of the measurements: the few that something else disturbed do not move it.
[[nodiscard]] inline double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

}  // namespace bench
