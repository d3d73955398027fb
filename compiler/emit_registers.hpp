// Writes the typed registers: one header a register, enumeration and layout, from the catalogue's tables.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "msr/catalogue/model.hpp"

namespace msr::compiler {

/// Brings `<out>/msr/registers` to the state of the tables: writes headers that differ (to a temporary file, then
/// renamed), removes those that no longer belong, and leaves the others untouched, with their times. An error names
/// what could not be written, or the two things that would have the same name in C++.
[[nodiscard]] std::expected<void, std::string> emit_registers(const catalogue::tables& all,
                                                              const std::filesystem::path& out);

/// The same for `all` on top of `base`, whose headers are in another folder: only headers that the other lacks or has
/// otherwise, so that the two folders, this one first, are one.
[[nodiscard]] std::expected<void, std::string> emit_registers(const catalogue::tables& all,
                                                              const catalogue::tables& base,
                                                              const std::filesystem::path& out);

}  // namespace msr::compiler
