#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "msr/catalogue/load/policies.hpp"
#include "msr/catalogue/load/symbols.hpp"
#include "msr/catalogue/lookup.hpp"

namespace msr::catalogue::load {

namespace {

// A map covers ranges of this many registers, so that more in one range are a mistake.
constexpr std::uint32_t most_in_range = 0x2000;

// "0x800-0x83F": no register's name has a hyphen.
registers_or_error parse_range(const std::string& words, text name) {
    const auto hyphen = words.find('-');
    const auto first = parse_address(words.substr(0, hyphen));
    const auto last = parse_address(words.substr(hyphen + 1));
    if (!first || !last) return std::unexpected{"`" + words + "` is no range of addresses, as 0x800-0x83F"};
    if (*last < *first) return std::unexpected{"`" + words + "` ends before it begins"};
    if (*last - *first >= most_in_range)
        return std::unexpected{
            fmt::format("`{}` has more than {:X}H registers: no map covers them", words, most_in_range)};
    return std::vector{policy_registers{.name = name, .first = *first, .count = *last - *first + 1}};
}

}  // namespace

registers_or_error parse_registers(const std::string& words, const tables& facts, store& keep) {
    const auto name = keep.keep(words);
    if (words.find('-') != std::string::npos) return parse_range(words, name);
    const auto targets = find_by_name(facts, words);
    if (!targets) return std::unexpected{targets.error()};
    if (targets->empty()) return std::vector{policy_registers{.name = name, .first = *parse_address(words)}};
    std::vector<policy_registers> result;
    const register_entry* last = nullptr;
    for (const auto& one : *targets) {
        if (one.field != nullptr) return std::unexpected{"`" + words + "` is a field: registers pass as a whole"};
        if (one.entry == last) {
            ++result.back().count;
            continue;
        }
        last = one.entry;
        result.push_back({.name = name, .first = one.address(), .stride = std::max(1U, one.entry->stride)});
    }
    // Entries of one name for different CPUs may stand at the same addresses, more of them on one.
    const auto longer = [](const policy_registers& one) { return std::tuple{one.first, one.stride, ~one.count}; };
    const auto place = [](const policy_registers& one) { return std::pair{one.first, one.stride}; };
    std::ranges::sort(result, {}, longer);
    const auto twice = std::ranges::unique(result, {}, place);
    result.erase(twice.begin(), twice.end());
    // What another CPU calls so must not pass unnoticed.
    if (result.size() > 1)
        return std::unexpected{"`" + words + "` stands at different addresses on different CPUs: write them"};
    return result;
}

}  // namespace msr::catalogue::load
