#include "lab/conformance/compare.hpp"

#include <algorithm>
#include <set>

namespace conformance {

namespace {

using msr::catalogue::departure_entry;

// The rows of the model that can be the cause of a difference at an address.
std::vector<const departure_entry*> rows_for(const machine& by_model, const msr::catalogue::model_entry* model,
                                             const answer& real) {
    std::vector<const departure_entry*> result;
    const auto* slot = by_model.table().find(real.address);
    if (model == nullptr || slot == nullptr) return result;
    const auto base = slot->row->guest.entry->address;
    const auto other = real.by_host ? msr::catalogue::actor::guest : msr::catalogue::actor::host;
    for (const auto& row : model->departures) {
        if (row.by != other && std::ranges::find(row.addresses, base) != row.addresses.end() &&
            test(row.when, by_model.cpu()) == msr::catalogue::holds::yes)
            result.push_back(&row);
    }
    return result;
}

// Whether the oracle let itself be put back and was not: from there on it is not the machine that it was.
bool is_stuck(const std::map<std::uint32_t, std::optional<std::uint64_t>>& left, const answer& real) {
    const auto known = left.find(real.address);
    return known != left.end() && known->second && real.before && known->second != real.before;
}

}  // namespace

counts& counts::operator+=(const counts& other) {
    agreed += other.agreed;
    differed += other.differed;
    absent += other.absent;
    not_comparable += other.not_comparable;
    unexplained += other.unexplained;
    return *this;
}

comparison compare(const msr::catalogue::tables& facts, const msr::catalogue::model_entry* model,
                   const recording& probe, const std::vector<answer>& answers,
                   const std::set<std::uint32_t>& elsewhere) {
    const auto oracle = subject_of(probe);
    machine by_manual{facts, oracle, nullptr};
    machine by_model{facts, oracle, model};
    std::set<std::uint32_t> there;
    for (const auto& one : answers) {
        if (one.before || one.written || one.after) there.insert(one.address);
    }
    std::map<std::uint32_t, std::optional<std::uint64_t>> left;  // the value that a register should have
    std::set<std::uint32_t> stuck;
    const auto moving = moving_registers(answers);
    comparison result;
    for (const auto& real : answers) {
        if (is_stuck(left, real) && !moving.contains(real.address)) stuck.insert(real.address);
        left[real.address] = real.kept || !real.restored ? real.after : real.before;
        auto& count = result.registers[real.address];
        const auto manual = by_manual.compare(real, moving);
        const auto modelled = by_model.compare(real, moving);
        if (!there.contains(real.address)) {
            // Two absences are no agreement: nothing tells them from an oracle that has never heard of the register.
            ++count.absent;
        } else if (stuck.contains(real.address) || elsewhere.contains(real.address)) {
            ++count.not_comparable;
        } else if (modelled == outcome::same && manual == outcome::differs) {
            ++count.differed;
            for (const auto* row : rows_for(by_model, model, real))
                ++result.causes[row];
        } else if (modelled == outcome::undefined || manual == outcome::undefined) {
            ++count.not_comparable;
        } else if (modelled == outcome::same) {
            ++count.agreed;
        } else {
            ++count.unexplained;
            result.unexplained.push_back({real, by_model.predicted()});
        }
    }
    for (const auto& [address, count] : result.registers)
        result.total += count;
    return result;
}

}  // namespace conformance
