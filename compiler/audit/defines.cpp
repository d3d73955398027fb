#include "compiler/audit/defines.hpp"

#include <algorithm>
#include <cctype>

#include "compiler/audit/read_text.hpp"

namespace msr::audit {

namespace {

// #defines that refer to each other deeper than this go in a circle; and no header nests parentheses so deep.
constexpr int deepest_reference = 16;

bool is_word_letter(char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Comments become one space; the line breaks in them stay, as marks that are no empty lines.
constexpr char comment_break = '\v';

std::string without_comments(const std::string& file, std::string_view text, problems& found) {
    std::string result;
    int line = 1;
    for (std::size_t at = 0; at < text.size();) {
        const auto rest = text.substr(at);
        if (rest.starts_with("//")) {
            at += std::min(rest.find('\n'), rest.size());
        } else if (rest.starts_with("/*")) {
            const auto end = rest.find("*/", 2);
            if (end == std::string_view::npos) {
                found.push_back({file, line, "a comment does not end"});
                return result;
            }
            const auto breaks = std::ranges::count(rest.substr(0, end), '\n');
            result += ' ';
            result.append(static_cast<std::size_t>(breaks), comment_break);
            line += static_cast<int>(breaks);
            at += end + 2;
        } else {
            line += rest[0] == '\n' ? 1 : 0;
            result += rest[0];
            ++at;
        }
    }
    return result;
}

// "#define NAME VALUE", or nothing.
std::optional<define> define_in(std::string_view line) {
    line = trimmed(line);
    if (!line.starts_with('#')) return std::nullopt;
    line = trimmed(line.substr(1));
    if (!line.starts_with("define")) return std::nullopt;
    line = trimmed(line.substr(6));
    const auto* const end = std::ranges::find_if_not(line, is_word_letter);
    const auto length = static_cast<std::size_t>(end - line.begin());
    // One with arguments has its parenthesis at once.
    if (length == 0 || (length < line.size() && line[length] == '(')) return std::nullopt;
    const auto value = trimmed(line.substr(length));
    if (value.empty()) return std::nullopt;
    return define{.name = std::string{line.substr(0, length)}, .value = std::string{value}};
}

class expression_reader {
  public:
    expression_reader(const std::map<std::string, std::string, std::less<>>& by_name, std::string_view text, int depth)
        : by_name_{by_name}, rest_{text}, depth_{depth} {}

    std::optional<std::uint64_t> whole() {
        if (depth_ > deepest_reference) return std::nullopt;
        const auto value = any_of();
        return trimmed(rest_).empty() ? value : std::nullopt;
    }

  private:
    bool next_is(std::string_view sign) {
        rest_ = trimmed(rest_);
        if (!rest_.starts_with(sign)) return false;
        rest_.remove_prefix(sign.size());
        return true;
    }

    std::optional<std::uint64_t> any_of() {
        auto value = shifted();
        while (value && next_is("|")) {
            const auto right = shifted();
            if (!right) return std::nullopt;
            *value |= *right;
        }
        return value;
    }

    std::optional<std::uint64_t> shifted() {
        auto value = primary();
        while (value && next_is("<<")) {
            const auto right = primary();
            if (!right || *right > 63) return std::nullopt;
            *value <<= *right;
        }
        return value;
    }

    std::optional<std::uint64_t> primary() {
        if (nested_ == deepest_reference) return std::nullopt;
        ++nested_;
        const auto value = operand();
        --nested_;
        return value;
    }

    std::optional<std::uint64_t> operand() {
        if (next_is("(")) {
            const auto value = any_of();
            return next_is(")") ? value : std::nullopt;
        }
        const auto* const end = std::ranges::find_if_not(rest_, is_word_letter);
        const auto word = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
        rest_.remove_prefix(word.size());
        if (word == "BIT" || word == "BIT_ULL") return bit();
        if (word == "GENMASK" || word == "GENMASK_ULL") return mask();
        if (!word.empty() && std::isdigit(static_cast<unsigned char>(word[0])) != 0) return c_number(word);
        const auto at = by_name_.find(word);
        if (at == by_name_.end()) return std::nullopt;
        return expression_reader{by_name_, at->second, depth_ + 1}.whole();
    }

    std::optional<std::uint64_t> bit() {
        const auto number = next_is("(") ? any_of() : std::nullopt;
        if (!number || *number > 63 || !next_is(")")) return std::nullopt;
        return std::uint64_t{1} << *number;
    }

    std::optional<std::uint64_t> mask() {
        const auto high = next_is("(") ? any_of() : std::nullopt;
        if (!high || !next_is(",")) return std::nullopt;
        const auto low = any_of();
        if (!low || !next_is(")") || *high > 63 || *low > *high) return std::nullopt;
        return ~std::uint64_t{0} >> (63 - *high) >> *low << *low;
    }

    const std::map<std::string, std::string, std::less<>>& by_name_;
    std::string_view rest_;
    int depth_;
    int nested_ = 0;
};

}  // namespace

std::vector<define> read_defines(const std::string& file, std::string_view text, problems& found) {
    const auto plain = without_comments(file, text, found);
    std::vector<define> result;
    std::string_view rest = plain;
    int line = 0;
    int paragraph = 0;
    while (!rest.empty()) {
        const int first = line + 1;
        std::string whole;
        for (bool more = true; more && !rest.empty();) {
            const auto end = std::min(rest.find('\n'), rest.size());
            auto content = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            ++line;
            while (content.ends_with('\r'))
                content.remove_suffix(1);
            more = content.ends_with('\\');
            if (more) content.remove_suffix(1);
            whole += content;
        }
        line += static_cast<int>(std::ranges::count(whole, comment_break));
        if (whole.empty()) ++paragraph;
        std::ranges::replace(whole, comment_break, ' ');
        if (auto one = define_in(whole)) {
            one->line = first;
            one->paragraph = paragraph;
            result.push_back(std::move(*one));
        }
    }
    return result;
}

define_values::define_values(const std::vector<define>& all) {
    for (const auto& one : all)
        by_name_.try_emplace(one.name, one.value);
}

std::optional<std::uint64_t> define_values::value_of(const std::string& name) const {
    const auto at = by_name_.find(name);
    return at == by_name_.end() ? std::nullopt : evaluate(at->second);
}

std::optional<std::uint64_t> define_values::evaluate(std::string_view expression) const {
    return expression_reader{by_name_, expression, 0}.whole();
}

std::optional<std::uint64_t> c_number(std::string_view word) {
    while (!word.empty() && std::string_view{"uUlL"}.find(word.back()) != std::string_view::npos)
        word.remove_suffix(1);
    const bool hexadecimal = word.starts_with("0x") || word.starts_with("0X");
    return hexadecimal ? to_number(word.substr(2), 16) : to_number(word, 10);
}

}  // namespace msr::audit
