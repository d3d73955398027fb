// Explores everything that can happen to a sequence: events at every boundary, and faults where they are possible.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "msr/context/segment_bases/machine.hpp"

namespace msr::context {

/// Proven safe, refuted, or not known: too many states.
enum class verdict : std::uint8_t { safe, refuted, limit_reached };

[[nodiscard]] text to_string(verdict one);

/// One thing that happened, and the state after it.
struct trace_step {
    happening what = happening::step;
    outcome came;
    std::uint16_t at = 0;  // the instruction that ran, or before which the event came
    std::uint32_t depth = 0;
    machine_state after;
};

struct check_result {
    verdict is = verdict::safe;
    violation wrong = violation::none;
    std::uint64_t states = 0;       // looked at
    std::vector<trace_step> trace;  // where refuted: the shortest way there
    // Where safe: instructions of the sequence's own that never ran, of which the proof says nothing. `oops` is not
    // one.
    std::vector<std::uint16_t> unreached;
    bool out_of_memory = false;  // where the limit was reached: the machine's, before the one that was given
};

/// About 100 bytes of memory a state.
inline constexpr std::uint64_t default_limit = 10'000'000;

/// Every state that can be reached is looked at, in the order of its distance from the start, but no more than `limit`,
/// and than there is memory for. `what` gets more values.
[[nodiscard]] check_result check(program& what, const cpu_facts& facts, delivery mode,
                                 std::uint64_t limit = default_limit);

/// The trace as lines for people: what ran, by the sequence's own text, and the bases after it.
[[nodiscard]] std::string trace_text(const program& what, const check_result& result);

/// What happened, without the bases.
[[nodiscard]] std::string step_text(const program& what, const trace_step& one);

/// What a violation means, in a sentence.
[[nodiscard]] text sentence(violation one);

}  // namespace msr::context
