// What a write of a register is taken to cost, in cycles, where nothing was measured. Assumed, from the orders of
// magnitude that are published; only which of two is cheaper matters. Freestanding.
#pragma once

namespace msr::context::assumed_cycles {

inline constexpr unsigned wrmsr_serialising = 150;  // waits for everything before it
inline constexpr unsigned wrmsr = 50;               // of a register whose write does not serialise
inline constexpr unsigned wrmsrns = 45;
inline constexpr unsigned wrmsrlist = 90;  // and for each register in the list:
inline constexpr unsigned wrmsrlist_each = 20;

}  // namespace msr::context::assumed_cycles
