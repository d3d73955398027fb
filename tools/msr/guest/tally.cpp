#include "tools/msr/guest/tally.hpp"

#include <algorithm>

namespace tool {

register_counts& access_tally::counts_of(std::uint32_t index) {
    if (const auto found = all_.find(index); found != all_.end()) return found->second;
    if (all_.size() < most_addresses) return all_[index];
    ++unlisted_;
    return others_;
}

access_counts& access_tally::count(const observed_access& one) {
    recent_[accesses_++ % most_recent] = one;
    auto& register_ = counts_of(one.index);
    auto& counts = one.direction == msr::direction::read ? register_.reads : register_.writes;
    if (one.refused) {
        if (counts.refused++ == 0) counts.refused_value = one.value;
        return counts;
    }
    if (counts.done++ == 0) counts.first = one.value;
    counts.last = one.value;
    return counts;
}

std::vector<observed_access> access_tally::recent() const {
    std::vector<observed_access> result;
    for (auto at = accesses_ - std::min<std::uint64_t>(accesses_, most_recent); at < accesses_; ++at)
        result.push_back(recent_[at % most_recent]);
    return result;
}

}  // namespace tool
