// Which exceptions the image recovers from, where the instruction left an entry in the table. Freestanding.
#pragma once

#include <cstdint>

namespace msr::ring0 {

/// A refused access is #GP(0) and nothing else (SDM volume 2, RDMSR and WRMSR): that alone is recovered from always.
struct recovery {
    bool from_any = false;          // from the other exceptions too
    std::uint64_t last_vector = 0;  // of the last one that was recovered from
};
inline constinit recovery recovered;

}  // namespace msr::ring0
