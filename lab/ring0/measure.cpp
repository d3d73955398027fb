#include "lab/ring0/measure.hpp"

namespace msr::ring0 {

std::uint64_t detail::measuring_overhead() {
    return measure([] {}, 0).least;
}

cycles detail::evaluate(std::uint64_t (&samples)[runs], std::uint64_t overhead) {
    for (std::size_t gap = runs / 2; gap != 0; gap /= 2) {
        for (std::size_t at = gap; at < runs; ++at) {
            const auto value = samples[at];
            auto to = at;
            for (; to >= gap && samples[to - gap] > value; to -= gap)
                samples[to] = samples[to - gap];
            samples[to] = value;
        }
    }
    const auto net = [&](std::size_t at) { return samples[at] > overhead ? samples[at] - overhead : 0; };
    return {.least = net(0), .median = net(runs / 2), .percentile_99 = net(runs * 99 / 100)};
}

line& operator<<(line& to, const cycles& one) {
    return to << one.least << text{" / "} << one.median << text{" / "} << one.percentile_99;
}

}  // namespace msr::ring0
