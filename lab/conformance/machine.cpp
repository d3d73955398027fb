#include "lab/conformance/machine.hpp"

#include <algorithm>

#include "msr/rules/all.hpp"

namespace conformance {

subject subject_of(const recording& probe) {
    subject result{.cpuid = probe.cpuid, .values = {}, .known = {}};
    for (const auto& one : probe.answers) {
        if (one.kept && one.after) {
            result.values.insert_or_assign(one.address, *one.after);
        } else if (one.before) {
            result.values.emplace(one.address, *one.before);
        }
    }
    for (const auto& [address, value] : result.values)
        result.known.push_back({address, value});
    return result;
}

machine::machine(const msr::catalogue::tables& facts, const subject& of, const msr::catalogue::model_entry* model)
    : table_{of.on(facts), {.model = model, .rules = msr::rules::all}},
      values_(table_->initial().size()),
      guest_{*table_, table_.cpu(), values_.data()} {
    // The oracles' programs run in 64-bit mode.
    guest_.around().state.paging = true;
    for (const auto& [address, value] : of.values)
        hold(address, value);
}

void machine::hold(std::uint32_t address, std::uint64_t value) {
    guest_.around().set(&guest_, address, value);
}

std::set<std::uint32_t> moving_registers(const std::vector<answer>& answers) {
    std::map<std::uint32_t, std::uint64_t> last;
    std::map<std::uint32_t, std::set<std::uint64_t>> seen;
    for (const auto& one : answers) {
        if (!one.before) continue;
        if (const auto known = last.find(one.address); known != last.end() && known->second != *one.before)
            seen[one.address].insert(*one.before);
        last[one.address] = one.restored ? *one.before : one.after.value_or(0);
    }
    // One that is stuck takes another value once; one that moves, again and again.
    std::set<std::uint32_t> result;
    for (const auto& [address, values] : seen) {
        if (values.size() > 2) result.insert(address);
    }
    return result;
}

std::optional<bool> machine::can_undo(std::uint32_t address, std::uint64_t held, std::uint64_t value, bool by_host) {
    hold(address, held);
    if (guest_.explained_write(address, value, by_host).faults()) return std::nullopt;
    const auto back = guest_.explained_write(address, held, by_host);
    return !back.faults() && back.result == held;
}

// A wide counter that runs by itself goes on between a write and the read after it, by less than this.
constexpr std::uint64_t a_moment = 1U << 20U;

bool machine::is_counter(std::uint32_t address) const {
    const auto* const slot = table_->find(address);
    if (slot == nullptr) return false;
    const auto& entry = *slot->row->guest.entry;
    const auto& behaviour = slot->row->host;
    // What changes as a whole: IA32_U_CET changes with the task, and its fields are flags.
    return entry.varies == msr::catalogue::variation::changing &&
           std::ranges::count_if(entry.fields, [](const auto& one) { return !is_reserved(one); }) == 1 &&
           (behaviour.stored | behaviour.kept) >> 32U != 0;
}

outcome machine::compare(const answer& real, const std::set<std::uint32_t>& moving) {
    predicted_ = {.by_host = real.by_host, .kept = real.kept, .address = real.address, .value = real.value};
    if (real.before) hold(real.address, *real.before);
    const auto before = guest_.explained_read(real.address, real.by_host);
    if (!before.faults()) predicted_.before = before.result;
    const auto write = guest_.explained_write(real.address, real.value, real.by_host);
    predicted_.written = !write.faults();
    const auto after = guest_.explained_read(real.address, real.by_host);
    if (!after.faults()) predicted_.after = after.result;
    const auto result = compare_values(real, write.undefined, moving.contains(real.address));
    const bool back = real.restored && real.before;
    if (back) {
        hold(real.address, *real.before);
    } else if (real.after) {
        hold(real.address, *real.after);
    }
    return result;
}

outcome machine::compare_values(const answer& real, std::uint64_t undefined, bool moves) const {
    if (real.before.has_value() != predicted_.before.has_value() || real.written != predicted_.written)
        return undefined != 0 && real.before.has_value() == predicted_.before.has_value() ? outcome::undefined
                                                                                          : outcome::differs;
    if (!real.after || !predicted_.after)
        return real.after.has_value() == predicted_.after.has_value() ? outcome::same : outcome::differs;
    const auto difference = (*real.after ^ *predicted_.after) & ~undefined;
    if (difference == 0) return *real.after == *predicted_.after ? outcome::same : outcome::undefined;
    if (*real.after - *predicted_.after < a_moment && is_counter(real.address)) return outcome::undefined;
    // A counter may have moved on between the write and the read.
    return moves ? outcome::undefined : outcome::differs;
}

}  // namespace conformance
