// The time-stamp counter, for measuring. Freestanding.
#pragma once

#include <cstdint>

namespace msr {

/// RDTSC, in cycles of the counter; neither earlier nor later instructions overlap (SDM volume 2, RDTSC).
[[nodiscard]] inline std::uint64_t time_stamp() {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    asm volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high)::"memory");
    return std::uint64_t{high} << 32 | low;
}

}  // namespace msr
