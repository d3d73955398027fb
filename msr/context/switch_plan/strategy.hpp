// How a kernel goes about the registers of those that it switches between. Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "msr/core/view.hpp"

namespace msr::context {

enum class switch_strategy : std::uint8_t {
    recorded,  // what the trace says was written
    all,       // every register of a set, by WRMSR
    diff,      // those that differ, by plan
    deferred,  // the same, and what user mode alone needs at the return there
};
inline constexpr std::size_t switch_strategies = 4;

[[nodiscard]] constexpr text to_string(switch_strategy one) {
    switch (one) {
        case switch_strategy::recorded: return "recorded";
        case switch_strategy::all: return "all";
        case switch_strategy::diff: return "diff";
        case switch_strategy::deferred: return "deferred";
    }
    return {};
}

}  // namespace msr::context
