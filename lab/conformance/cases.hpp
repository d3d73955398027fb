// The cases that an oracle is asked.
#pragma once

#include <iosfwd>
#include <optional>
#include <set>
#include <string>

#include "lab/conformance/lists.hpp"
#include "lab/conformance/machine.hpp"

namespace conformance {

struct case_options {
    bool by_host = false;
    std::uint64_t seed = 1;
    std::size_t every = 1;            // of a register's values, only each of this number
    std::uint32_t members = ~0U;      // of a family, only so many
    std::vector<left_out> without{};  // bits that no case may set
};

/// A first table: every address of the catalogue, or `only` these, once. Its answers say which registers the oracle
/// has.
void write_probe(std::ostream& to, const msr::catalogue::tables& facts, bool by_host,
                 const std::optional<std::set<std::uint32_t>>& only);

/// The real table, for an oracle whose answers to the first are known: every register that it has, with each bit
/// alone, each bit changed, all ones, the edges of canonical addresses at 48 and 57 bits, each value of its fields,
/// and random values from the seed.
void write_cases(std::ostream& to, const msr::catalogue::tables& facts, const recording& probe,
                 const case_options& options);

}  // namespace conformance
