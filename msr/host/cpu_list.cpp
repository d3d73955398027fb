#include "msr/host/cpu_list.hpp"

#include <bitset>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace msr::host {
namespace {

struct range {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
};

std::optional<std::uint32_t> parse_number(std::string_view text) {
    std::uint32_t number = 0;
    const auto* const end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data(), end, number);
    if (problem != std::errc{} || stopped != end || number >= cpu_limit) return std::nullopt;
    return number;
}

std::expected<range, std::string> parse_range(std::string_view part) {
    if (part.empty()) return std::unexpected{"a CPU is missing beside a comma"};
    const auto dash = part.find('-');
    const auto first = parse_number(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_number(part.substr(dash + 1));
    if (!first || !last) {
        return std::unexpected{
            fmt::format("\"{}\" is neither a CPU number below {} nor a range of two", part, cpu_limit)};
    }
    if (*first > *last) return std::unexpected{fmt::format("the range \"{}\" runs backwards", part)};
    return range{*first, *last};
}

}  // namespace

outcome<std::vector<std::uint32_t>> parse_cpu_list(std::string_view list) {
    auto rest = list;
    if (rest.ends_with('\n')) rest.remove_suffix(1);
    // A set, not a list: overlapping ranges cannot make it grow.
    std::bitset<cpu_limit> named;
    for (bool more = true; more;) {
        const auto comma = rest.find(',');
        more = comma != std::string_view::npos;
        const auto part = parse_range(rest.substr(0, comma));
        if (!part) {
            return std::unexpected{error{error_kind::bad_input, fmt::format("bad CPU list \"{}\"", list),
                                         list.empty() ? "it is empty" : part.error(), "write it as in 0-3,8"}};
        }
        for (auto cpu = part->first; cpu <= part->last; ++cpu) {
            named.set(cpu);
        }
        if (more) rest.remove_prefix(comma + 1);
    }
    std::vector<std::uint32_t> cpus;
    for (std::uint32_t cpu = 0; cpu < cpu_limit; ++cpu) {
        if (named.test(cpu)) cpus.push_back(cpu);
    }
    return cpus;
}

std::string format_cpu_list(std::span<const std::uint32_t> cpus) {
    std::string list;
    for (std::size_t at = 0; at < cpus.size();) {
        auto last = at;
        while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1)
            ++last;
        if (!list.empty()) list += ',';
        list += last == at ? fmt::format("{}", cpus[at]) : fmt::format("{}-{}", cpus[at], cpus[last]);
        at = last + 1;
    }
    return list;
}

}  // namespace msr::host
