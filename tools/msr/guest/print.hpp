// A guest's run in words and as JSON.
#pragma once

#include "tools/msr/guest/image.hpp"
#include "tools/msr/guest/run.hpp"
#include "tools/msr/values.hpp"

namespace tool {

/// What was run, for those who print it.
struct run_description {
    std::string file;
    std::string cpu;     // what the guest's CPU is called
    std::string policy;  // empty: none, every register that a filter can deny exits
    boot_protocol protocol = boot_protocol::flat;
    std::uint64_t entry = 0;
    std::uint64_t memory = 0;  // bytes
};

/// An access in a line: "0x100014  read   IA32_EFER  0x500  LME=1 LMA=1".
[[nodiscard]] std::string observed_line(const observed_access& one, const guest_registers& registers);
[[nodiscard]] json observed_json(const observed_access& one, const guest_registers& registers);

void print_run(const run_description& what, const run_result& result, const access_tally& tally,
               const guest_registers& registers);
[[nodiscard]] json run_json(const run_description& what, const run_result& result, const access_tally& tally,
                            const guest_registers& registers);

/// How the run ended, in a sentence: "HLT at 0x100035".
[[nodiscard]] std::string end_in_words(const run_result& result);

}  // namespace tool
