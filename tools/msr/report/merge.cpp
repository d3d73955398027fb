#include "tools/msr/report/merge.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tool::report {

namespace {

bool same(const row& left, const row& right) {
    return left.label == right.label && left.text == right.text && left.says == right.says && left.note == right.note;
}

}  // namespace

void merging::add(section from, std::uint32_t cpu) {
    if (!std::exchange(started_, true)) {
        merged_.key = from.key;
        merged_.title = from.title;
    }
    for (auto& one : from.rows)
        add_row(std::move(one), cpu);
}

void merging::add_row(row from, std::uint32_t cpu) {
    auto& rows = merged_.rows;
    const auto known = std::ranges::find_if(
        rows, [&](const row& one) { return from.sample ? one.label == from.label : same(one, from); });
    if (known == rows.end()) {
        from.cpus = {cpu};
        // Behind the last row of its kind, so that CPUs that differ stand together.
        const auto last =
            std::ranges::find_if(rows.rbegin(), rows.rend(), [&](const row& one) { return one.label == from.label; });
        rows.insert(last == rows.rend() ? rows.end() : last.base(), std::move(from));
    } else if (!from.sample) {
        known->cpus.push_back(cpu);
    } else if (*from.sample > *known->sample) {
        from.cpus = {cpu};
        *known = std::move(from);
    }
}

section merging::finish(std::size_t cpus) && {
    for (auto& one : merged_.rows) {
        if (one.cpus.size() == cpus) one.cpus.clear();
    }
    return std::move(merged_);
}

}  // namespace tool::report
