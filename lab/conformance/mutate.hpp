// Whether the comparison would notice a wrong fact: the catalogue with one fact flipped, against the same answers.
#pragma once

#include <string>
#include <vector>

#include "lab/conformance/machine.hpp"

namespace conformance {

struct mutant {
    std::uint32_t address = 0;
    std::string what;  // "bits 63..22: mbz becomes ignored"
    enum : std::uint8_t {
        caught,
        survived,
        invisible,  // the oracle let nothing be written to the register, so that nothing tells what a write does
    } fate = survived;
};

/// Every mutant that changes what the engine does on the oracle's CPU, for the registers that the oracle has.
[[nodiscard]] std::vector<mutant> mutate(const msr::catalogue::tables& facts, const msr::catalogue::model_entry* model,
                                         const recording& probe, const std::vector<answer>& answers,
                                         const std::set<std::uint32_t>& elsewhere);

}  // namespace conformance
