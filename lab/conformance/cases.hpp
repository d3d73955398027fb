// The cases that an oracle is asked.
#pragma once

#include <iosfwd>
#include <string>

#include "lab/conformance/machine.hpp"

namespace conformance {

/// A first table: every address of the catalogue, once. Its answers say which registers the oracle has.
void write_probe(std::ostream& to, const msr::catalogue::tables& facts, bool by_host);

/// The real table, for an oracle whose answers to the first are known: every register that it has, with each bit
/// alone, each bit changed, all ones, the edges of canonical addresses at 48 and 57 bits, each value of its fields,
/// and random values from the seed.
void write_cases(std::ostream& to, const msr::catalogue::tables& facts, const recording& probe, bool by_host,
                 std::uint64_t seed);

}  // namespace conformance
