#include "tools/msr/danger.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace tool {

namespace {

using catalogue::danger;

std::string locked_by(const catalogue::lock_entry& lock) {
    if (lock.locks.empty()) return "the register";
    std::string names;
    for (const auto& one : lock.locks)
        names += (names.empty() ? "" : ", ") + str(one);
    return names;
}

}  // namespace

std::string_view danger_in_words(danger what) {
    switch (what) {
        case danger::resets: return "resets the machine";
        case danger::stops: return "can stop the running system at once, which stands on it";
        case danger::lasts: return "lasts until reset";
        case danger::not_stated: break;
    }
    return "";
}

std::vector<std::string> dangers(const layout& fields, std::uint64_t old, std::uint64_t result) {
    const bool any_write = fields->entry->access == catalogue::access::write_only;
    std::vector<std::string> found;
    for (const auto& field : fields->fields) {
        const auto& entry = *field.entry;
        const auto set = result & ~old & field.mask();
        if (entry.danger != danger::not_stated && (any_write || ((old ^ result) & field.mask()) != 0)) {
            found.push_back(fmt::format("a write of {} {}", str(entry.name), danger_in_words(entry.danger)));
        }
        const auto* const lock =
            std::ranges::find_if(fields->entry->locks, [&](const auto& one) { return one.field == entry.name; });
        if (set == 0) continue;
        if (lock != fields->entry->locks.end()) {
            found.push_back(fmt::format("{} locks {} until reset", str(entry.name), locked_by(*lock)));
        } else if (entry.access == catalogue::access::write_one_to_set && entry.danger == danger::not_stated) {
            found.push_back(fmt::format("{} stays set until reset", str(entry.name)));
        }
    }
    return found;
}

}  // namespace tool
