// The text of the generated headers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/accessors.hpp"
#include "msr/catalogue/model.hpp"

namespace msr::compiler {

/// `type` is the name in C++, `accessors` what `accessors_of` gave for it.
[[nodiscard]] std::string register_header(const catalogue::register_entry& entry, const std::string& type,
                                          const owner& fields, const std::vector<accessor>& accessors,
                                          const catalogue::tables& all);
[[nodiscard]] std::string layout_header(const catalogue::layout_entry& layout, const std::string& type,
                                        const std::vector<accessor>& accessors);

/// An enum that can hold `width` bits, with names or without.
[[nodiscard]] std::string enumeration_header(const catalogue::enumeration_entry& values, const std::string& type,
                                             int width);

/// How fields of layouts depend on each other, and what may stand in lists of registers.
[[nodiscard]] std::string relations_header(const catalogue::tables& all);

/// Where CPUID says what the features and quantities with a place of their own are.
[[nodiscard]] std::string cpuid_header(const catalogue::tables& all);

/// Includes everything. `headers` are paths below msr/registers.
[[nodiscard]] std::string all_header(const std::vector<std::string>& headers);

/// A call of a macro for every accessor; `lines` are those of `field_lines`.
[[nodiscard]] std::string every_field_header(const std::string& lines);
[[nodiscard]] std::string field_lines(const std::vector<accessor>& accessors, const std::string& type);

/// What makes the accessors of two types the same: names, types and places, in order.
[[nodiscard]] std::string shape_of(const std::vector<accessor>& accessors);

}  // namespace msr::compiler
