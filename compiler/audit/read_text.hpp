// What the readers of lists share.
#pragma once

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "compiler/audit/claims.hpp"

namespace msr::audit {

/// The whole file; a problem if it cannot be read.
[[nodiscard]] inline std::optional<std::string> read_text(const std::filesystem::path& file, problems& found) {
    std::ifstream stream{file, std::ios::binary};
    std::ostringstream contents;
    if (!std::filesystem::is_directory(file) && stream && contents << stream.rdbuf()) return contents.str();
    found.push_back({file.string(), 0, "cannot be read"});
    return std::nullopt;
}

/// All of the digits as a number.
[[nodiscard]] inline std::optional<std::uint64_t> to_number(std::string_view digits, int base) {
    std::uint64_t value = 0;
    const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (digits.empty() || status != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

}  // namespace msr::audit
