// Predictions against an oracle's answers, counted.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lab/conformance/machine.hpp"

namespace conformance {

struct counts {
    std::size_t agreed = 0;          // with the manuals' processor
    std::size_t differed = 0;        // from it, as a row of the oracle's model says
    std::size_t absent = 0;          // the manuals give the CPU the register; the oracle does not have it
    std::size_t not_comparable = 0;  // the manuals leave it open, the value moves by itself, or the oracle got stuck
    std::size_t unexplained = 0;

    counts& operator+=(const counts& other);
    [[nodiscard]] std::size_t all() const { return agreed + differed + absent + not_comparable + unexplained; }
};

struct difference {
    answer real;
    answer predicted;
};

struct comparison {
    std::map<std::uint32_t, counts> registers;  // by address
    counts total;
    std::map<const msr::catalogue::departure_entry*, std::size_t> causes;  // cases that each row explains
    std::vector<difference> unexplained;
};

/// `model` is the oracle's own; the manuals' processor is played beside it. `elsewhere` are registers for which
/// something else answers than the oracle.
[[nodiscard]] comparison compare(const msr::catalogue::tables& facts, const msr::catalogue::model_entry* model,
                                 const recording& probe, const std::vector<answer>& answers,
                                 const std::set<std::uint32_t>& elsewhere);

}  // namespace conformance
