#include "msr/profile/departures.hpp"

namespace msr::profile {

namespace {

using catalogue::departure_entry;
using catalogue::holds;

bool is_named(const departure_entry& row, const catalogue::register_entry& entry) {
    const auto same = [&](text name) {
        if (name == entry.name) return true;
        for (const auto& alias : entry.aliases) {
            if (name == alias) return true;
        }
        return false;
    };
    for (const auto& name : row.names) {
        if (same(name)) return true;
    }
    return false;
}

}  // namespace

catalogue::holds presence(const catalogue::register_entry& entry, const profile& cpu, const viewpoint& from) {
    auto result = exists(entry, cpu);
    if (from.model != nullptr && !from.model->addresses.empty() &&
        !catalogue::contains(from.model->addresses, entry.address))
        result = holds::no;
    departures_of(entry, cpu, from, [&](const departure_entry& one) {
        if (one.absent) result = holds::no;
        if (one.present && is_named(one, entry)) result = holds::yes;
    });
    return result;
}

}  // namespace msr::profile
