#include <algorithm>

#include <fmt/format.h>

#include "msr/catalogue/lookup.hpp"
#include "msr/context/switch_plan/simulate.hpp"

namespace msr::context {

trace_rules::trace_rules(const switch_trace& trace, const profile::profile& cpu, std::uint64_t xss) {
    auto known = trace.addresses();
    rows_.resize(known.size());
    for (;;) {
        const auto made = make_switch_rules(cpu, known, xss, {rows_.data(), rows_.size()});
        if (made) {
            rules_ = *made;
            break;
        }
        unknown_.push_back(made.error().address);
        std::erase(known, made.error().address);
    }
    rows_.resize(known.size());
    for (const auto address : unknown_)
        rows_.push_back({.address = address});
    std::ranges::sort(rows_, {}, &switch_rule::address);
    rules_.rows = rows_;
}

std::string name_of(const switch_rules& rules, std::uint32_t address) {
    const auto* const rule = rules.find(address);
    if (rule == nullptr || rule->entry == nullptr) return fmt::format("register {:#x}", address);
    const auto& entry = *rule->entry;
    return catalogue::name_of(entry, entry.stride == 0 ? 0 : (address - entry.address) / entry.stride);
}

}  // namespace msr::context
