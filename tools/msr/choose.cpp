#include "tools/msr/choose.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace tool {

host::outcome<chosen> choose_one(const catalogue::tables& facts, const std::string& name, session* from) {
    const auto targets = catalogue::find_by_name(facts, name);
    if (!targets) return host::bad_input(targets.error());
    if (targets->empty()) return host::bad_input(fmt::format("no register is known at {}", name));
    chosen result;
    const auto* first = &targets->front();
    if (from != nullptr) {
        std::vector<const catalogue::register_entry*> entries;
        for (const auto& one : *targets)
            entries.push_back(one.entry);
        from->learn(entries);
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
