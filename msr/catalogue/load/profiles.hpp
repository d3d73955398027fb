// CPUs from files: a profile of the catalogue's form, or the output of the tool cpuid.
#pragma once

#include <expected>
#include <string>

#include "msr/catalogue/load/cpu_builder.hpp"
#include "msr/catalogue/load/document.hpp"

namespace msr::catalogue::load {

/// Whether the document is a profile, which has a form of its own.
[[nodiscard]] bool is_profile(const document& file);

/// What the file says of a CPU, by the names of `facts`; the schema has been checked. With problems it is of no use.
[[nodiscard]] cpu_description read_profile(const document& file, const tables& facts, problems& found);

/// A profile file's text; problems call it `name`.
[[nodiscard]] std::expected<cpu_description, problems> load_profile(const std::string& name, const std::string& yaml,
                                                                    const tables& facts);

/// Whether the text begins like the output of `cpuid -r`.
[[nodiscard]] bool is_cpuid_output(std::string_view text);

/// The first CPU in the output of `cpuid -r` (or `cpuid -r -1`); that there are more is said in its sources. It has no
/// name and no title. Every line must be right, those of the other CPUs too.
[[nodiscard]] std::expected<cpu_description, problems> load_cpuid_output(const std::string& name,
                                                                         std::string_view text);

}  // namespace msr::catalogue::load
