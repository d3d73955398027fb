#include "tools/msr/script.hpp"

#include <array>
#include <vector>

#include <fmt/format.h>

#include "tools/msr/choose.hpp"

namespace tool::script {

namespace {

struct word {
    std::string_view letters;
    std::size_t column;
};

struct form {
    std::string_view name;
    verb what;
    std::size_t words;
    std::string_view usage;
};

constexpr std::array forms{
    form{"read", verb::read, 2, "read REGISTER"},
    form{"write", verb::write, 3, "write REGISTER VALUE"},
    form{"host-read", verb::host_read, 2, "host-read REGISTER"},
    form{"host-write", verb::host_write, 3, "host-write REGISTER VALUE"},
    form{"set", verb::set, 2, "set STATE=VALUE"},
    form{"reset", verb::reset, 1, "reset"},
};

std::vector<word> words_of(std::string_view line) {
    constexpr std::string_view blanks = " \t\r";
    line = line.substr(0, line.find('#'));
    std::vector<word> result;
    for (auto at = line.find_first_not_of(blanks); at != std::string_view::npos;) {
        const auto end = line.find_first_of(blanks, at);
        result.push_back({line.substr(at, end - at), at + 1});
        at = end == std::string_view::npos ? end : line.find_first_not_of(blanks, end);
    }
    return result;
}

std::expected<std::optional<operation>, mistake> set_state(const word& assignment) {
    const auto equals = assignment.letters.find('=');
    const auto name = assignment.letters.substr(0, equals);
    const auto value = equals == std::string_view::npos ? std::string_view{} : assignment.letters.substr(equals + 1);
    std::string known;
    for (const auto& one : msr::profile::state_names) {
        if (one.name == name) {
            if (value == "0" || value == "1")
                return operation{.what = verb::set, .value = value == "1" ? 1U : 0U, .state = &one};
            return std::unexpected{mistake{assignment.column, fmt::format("{} is set to 0 or 1", name)}};
        }
        known += fmt::format("{}{}", known.empty() ? "" : ", ", std::string_view{one.name});
    }
    return std::unexpected{
        mistake{assignment.column, fmt::format("there is no state `{}`; there are {}", name, known)}};
}

}  // namespace

std::string_view operation::word() const {
    for (const auto& one : forms) {
        if (one.what == what) return one.name;
    }
    return {};
}

std::expected<std::optional<operation>, mistake> parse(std::string_view line) {
    const auto words = words_of(line);
    if (words.empty()) return std::nullopt;
    for (const auto& one : forms) {
        if (words.front().letters != one.name) continue;
        if (words.size() != one.words) {
            const auto column = words.size() > one.words ? words[one.words].column : line.size() + 1;
            return std::unexpected{mistake{column, fmt::format("it is `{}`", one.usage)}};
        }
        if (one.what == verb::set) return set_state(words[1]);
        operation result{.what = one.what};
        if (one.words > 1) {
            result.name = words[1].letters;
            result.column = words[1].column;
        }
        if (!result.writes()) return result;
        const auto value = parse_value(words[2].letters);
        if (!value) return std::unexpected{mistake{words[2].column, value.error().line()}};
        result.value = *value;
        return result;
    }
    std::string known;
    for (const auto& one : forms)
        known += fmt::format("{}{}", known.empty() ? "" : ", ", one.name);
    return std::unexpected{mistake{
        words.front().column, fmt::format("there is no operation `{}`; there are {}", words.front().letters, known)}};
}

}  // namespace tool::script
