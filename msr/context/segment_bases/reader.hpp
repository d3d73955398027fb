// Sequences as text: docs/segment-bases.md describes the language.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "msr/context/mistake.hpp"
#include "msr/context/segment_bases/program.hpp"

namespace msr::context {

/// Reads a sequence for one way of delivering events, on a CPU with these facts: handlers that every kernel has are
/// named in general (`paranoid`), and what they are depends on both. Only the first mistake is told.
[[nodiscard]] std::expected<program, mistake> read(std::string_view name, std::string_view text, delivery mode,
                                                   const cpu_facts& facts);

/// The same for the CPU that the sequence itself asks for.
[[nodiscard]] std::expected<program, mistake> read(std::string_view name, std::string_view text, delivery mode);

}  // namespace msr::context
