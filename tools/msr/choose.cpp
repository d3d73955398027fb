#include "tools/msr/choose.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

namespace tool {

namespace {

std::vector<const catalogue::register_entry*> entries_of(const std::vector<catalogue::target>& targets) {
    std::vector<const catalogue::register_entry*> entries;
    for (const auto& one : targets)
        entries.push_back(one.entry);
    return entries;
}

}  // namespace

host::outcome<chosen> choose_one(const catalogue::tables& facts, const std::string& name, session* from) {
    const auto targets = catalogue::find_by_name(facts, name);
    if (!targets) return host::bad_input(targets.error());
    if (targets->empty()) return host::bad_input(fmt::format("no register is known at {}", name));
    chosen result;
    const auto* first = &targets->front();
    if (from != nullptr) {
        from->learn(entries_of(*targets));
        const auto& cpu = from->cpu(from->cpus().front());
        if (const auto* here = on_cpu(*targets, cpu)) {
            first = here;
            result.cpu = &cpu;
        }
    }
    result.what = *first;
    for (const auto& one : *targets) {
        if (one.entry != first->entry && (result.others.empty() || result.others.back().entry != one.entry))
            result.others.push_back(one);
    }
    return result;
}

host::outcome<chosen> choose_register(const catalogue::tables& facts, const std::string& name, session* from) {
    auto result = choose_one(facts, name, from);
    if (!result || result->what.field == nullptr) return result;
    return host::bad_input(
        name + " is a field", "the value is a whole register's",
        fmt::format("name the register: {}", catalogue::name_of(*result->what.entry, result->what.member)));
}

host::outcome<register_name> one_register(session& from, const std::string& name) {
    const auto targets = catalogue::find_by_name(from.facts(), name);
    if (!targets) return host::bad_input(targets.error());
    if (targets->empty()) return register_name{*catalogue::parse_address(name), name, {}};
    from.learn(entries_of(*targets));
    std::set<std::uint32_t> addresses;
    std::set<std::uint32_t> existing;
    for (const auto& one : *targets) {
        addresses.insert(one.address());
        if (profile::exists(*one.entry, from.cpu(from.cpus().front())) != catalogue::holds::no)
            existing.insert(one.address());
    }
    const auto& choice = existing.empty() ? addresses : existing;
    if (choice.size() > 1) {
        const auto& first = targets->front();
        return host::bad_input(fmt::format("{} stands for {} registers", name, choice.size()), "",
                               fmt::format("name one of them, as {}", catalogue::name_of(*first.entry, first.member)));
    }
    const auto address = *choice.begin();
    // Of all that stand there, not only those of this name: the CPU tells which it is.
    auto candidates = catalogue::at_address(from.facts(), address);
    from.learn(entries_of(candidates));
    const auto first = std::ranges::find_if(*targets, [&](const auto& one) { return one.address() == address; });
    return register_name{address, catalogue::name_of(*first->entry, first->member), std::move(candidates)};
}

layout layout_of(const chosen& which, const catalogue::tables& facts) {
    return which.cpu != nullptr ? layout{*which.what.entry, *which.cpu} : layout{*which.what.entry, facts};
}

host::outcome<std::uint64_t> parse_value(std::string_view words) {
    const auto base = words.starts_with("0x") ? 16 : words.starts_with("0b") ? 2 : 10;
    const auto digits = base == 10 ? words : words.substr(2);
    std::uint64_t value = 0;
    const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (!digits.empty() && status == std::errc{} && end == digits.data() + digits.size()) return value;
    const auto why =
        status == std::errc::result_out_of_range ? "it has more than 64 bits" : "write 31, 0x1f or 0b11111";
    return host::bad_input(fmt::format("`{}` is no value", words), why);
}

}  // namespace tool
