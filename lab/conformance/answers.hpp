// What a real machine answered to a table of cases, as the oracles of lab/oracle print it.
#pragma once

#include <cstdint>
#include <expected>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "msr/profile/cpuid.hpp"

namespace conformance {

/// One access and its context: a read, a write of `value`, a read, and a write of the first read's value.
struct answer {
    bool by_host = false;
    bool kept = false;  // the last write was left out
    std::uint32_t address = 0;
    std::uint64_t value = 0;
    std::optional<std::uint64_t> before;  // nothing: the read faulted
    bool written = false;                 // the write did not fault
    std::optional<std::uint64_t> after;
    bool restored = false;
};

struct recording {
    std::vector<msr::profile::cpuid_leaf> cpuid;
    std::vector<answer> answers;
};

/// The error names the line.
[[nodiscard]] std::expected<recording, std::string> read_recording(std::istream& from);

}  // namespace conformance
