// A line of text in words, each with its place.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace msr::context {

struct source_word {
    std::string_view text;
    int column = 0;
};

/// Blanks and commas separate; `#` begins a comment. `=` is a word of its own.
[[nodiscard]] inline std::vector<source_word> words_of(std::string_view line) {
    std::vector<source_word> result;
    const auto separates = [](char one) { return one == ' ' || one == '\t' || one == ',' || one == '\r'; };
    for (std::size_t at = 0; at < line.size() && line[at] != '#';) {
        if (separates(line[at])) {
            ++at;
            continue;
        }
        const auto first = at;
        if (line[at] == '=') {
            ++at;
        } else {
            while (at < line.size() && !separates(line[at]) && line[at] != '=' && line[at] != '#')
                ++at;
        }
        result.push_back({line.substr(first, at - first), static_cast<int>(first) + 1});
    }
    return result;
}

/// A number as people write it, decimal or 0x.
[[nodiscard]] inline std::optional<std::uint64_t> number_of(std::string_view word) {
    const bool hexadecimal = word.starts_with("0x");
    if (hexadecimal) word.remove_prefix(2);
    std::uint64_t result = 0;
    const auto [end, status] = std::from_chars(word.data(), word.data() + word.size(), result, hexadecimal ? 16 : 10);
    if (word.empty() || end != word.data() + word.size() || status != std::errc{}) return std::nullopt;
    return result;
}

}  // namespace msr::context
