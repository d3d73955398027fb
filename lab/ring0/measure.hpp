// Cycles of a piece of code, over many runs, without the measuring itself. Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lab/ring0/tap.hpp"
#include "msr/core/time_stamp.hpp"

namespace msr::ring0 {

struct cycles {
    std::uint64_t least;
    std::uint64_t median;
    std::uint64_t percentile_99;
};

namespace detail {

inline constexpr std::size_t runs = 1001;

/// Sorts them, and takes `overhead` off what it answers.
cycles evaluate(std::uint64_t (&samples)[runs], std::uint64_t overhead);
/// The least that measuring nothing takes.
std::uint64_t measuring_overhead();

template <class Body>
cycles measure(Body body, std::uint64_t overhead) {
    static std::uint64_t samples[runs];
    for (auto& one : samples) {
        const auto start = time_stamp();
        body();
        one = time_stamp() - start;
    }
    return evaluate(samples, overhead);
}

}  // namespace detail

template <class Body>
cycles measure(Body body) {
    return detail::measure(body, detail::measuring_overhead());
}

line& operator<<(line& to, const cycles& one);

}  // namespace msr::ring0
