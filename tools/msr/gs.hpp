// The parts of msr gs: one file each.
#pragma once

#include "msr/context/segment_bases/program.hpp"
#include "tools/msr/session.hpp"

namespace tool {

exit_code gs_check(int argc, char** argv);
exit_code gs_plan(int argc, char** argv);

/// The answer that a sequence's file gives, in its words.
[[nodiscard]] std::string expectation(const msr::context::program& one);

/// What the CPU that --profile and --features name has of what matters to the bases.
[[nodiscard]] host::outcome<msr::context::cpu_facts> segment_facts(const common_options& options);

/// "idt" or "fred"; an error for anything else, and for fred where the CPU does not have it.
[[nodiscard]] host::outcome<msr::context::delivery> delivery_of(std::string_view word,
                                                                const msr::context::cpu_facts* on);

[[nodiscard]] inline std::string_view to_word(msr::context::delivery mode) {
    return mode == msr::context::delivery::idt ? "idt" : "fred";
}

}  // namespace tool
