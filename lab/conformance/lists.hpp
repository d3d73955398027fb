// What people know of an oracle, in text files beside the cases: one thing a line, `#` begins a comment.
#pragma once

#include <cstdint>
#include <expected>
#include <set>
#include <string>
#include <vector>

#include "msr/catalogue/model.hpp"

namespace conformance {

/// A mutant that no case of an oracle can tell from the engine: `REGISTER | beginning of what it changes | beginning of
/// the oracle's name, or * | why`.
struct known_survivor {
    std::string name;
    std::string what;
    std::string oracle;
    std::string why;
};

/// Bits that no case may set.
struct left_out {
    std::uint32_t address = 0;
    std::uint64_t mask = 0;
};

template <class T>
using listed = std::expected<T, std::string>;

[[nodiscard]] listed<std::vector<known_survivor>> read_survivors(const std::string& file);

/// Registers, as `NAME why`: their addresses, those of all members.
[[nodiscard]] listed<std::set<std::uint32_t>> read_registers(const std::string& file,
                                                             const msr::catalogue::tables& facts);

/// Fields, as `NAME.FIELD why`.
[[nodiscard]] listed<std::vector<left_out>> read_fields(const std::string& file, const msr::catalogue::tables& facts);

}  // namespace conformance
