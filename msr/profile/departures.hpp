// Which rows of a model concern a register. Freestanding.
#pragma once

#include "msr/catalogue/sorted.hpp"
#include "msr/profile/behaviour.hpp"

namespace msr::profile {

/// Calls visit(departure) for each that concerns the register on this CPU, seen from here.
template <class Visit>
void departures_of(const catalogue::register_entry& entry, const profile& cpu, const viewpoint& from, Visit visit) {
    if (from.model == nullptr) return;
    const auto other = from.by_host ? catalogue::actor::guest : catalogue::actor::host;
    for (const auto& one : from.model->departures) {
        if (one.by == other || !catalogue::contains(one.addresses, entry.address)) continue;
        if (catalogue::test(one.when, cpu) == catalogue::holds::yes) visit(one);
    }
}

}  // namespace msr::profile
