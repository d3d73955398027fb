// Output files: replaced whole or not at all, and left alone when they would not change, so that little is rebuilt.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

namespace msr::compiler {

/// Writes through a temporary file beside it. The error is a sentence.
[[nodiscard]] std::expected<void, std::string> write_if_changed(const std::filesystem::path& file,
                                                                const std::string& contents);

}  // namespace msr::compiler
