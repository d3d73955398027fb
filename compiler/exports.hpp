// The catalogue for programs that are not in C++ (docs/exports.md has the forms).
#pragma once

#include <expected>
#include <string>

#include "msr/catalogue/model.hpp"

namespace msr::compiler {

/// One header for C99 and C++, freestanding, that includes nothing; its addresses and shifts are for the assembler too.
[[nodiscard]] std::expected<std::string, std::string> c_header(const catalogue::tables& all);

/// One module for Rust 1.63 and later that needs neither std nor core's items.
[[nodiscard]] std::expected<std::string, std::string> rust_module(const catalogue::tables& all);

/// One JSON document of all that the catalogue knows.
[[nodiscard]] std::string json_document(const catalogue::tables& all);

}  // namespace msr::compiler
