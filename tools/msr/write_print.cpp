// A plan of writes, as text and JSON.
#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "msr/catalogue/words.hpp"
#include "msr/host/cpu_list.hpp"
#include "tools/msr/write_plan.hpp"

namespace tool {

namespace {

// CPUs on which the same register changes in the same way.
struct group {
    const planned_change* change = nullptr;
    std::vector<std::uint32_t> cpus;
};

bool alike(const planned_change& one, const planned_change& other) {
    return one.write.address == other.write.address && one.write.name == other.write.name &&
           one.write.old == other.write.old && one.write.value == other.write.value &&
           one.write.result == other.write.result && one.needed == other.needed && one.refusals == other.refusals &&
           one.notes == other.notes;
}

// Registers in the order in which they were asked for.
std::vector<group> groups_of(const write_plan& plan) {
    std::vector<group> groups;
    for (const auto& change : plan.changes) {
        const auto same = std::ranges::find_if(groups, [&](const auto& one) { return alike(*one.change, change); });
        if (same != groups.end()) {
            same->cpus.push_back(change.write.cpu);
        } else {
            groups.push_back({&change, {change.write.cpu}});
        }
    }
    std::ranges::for_each(groups, [](auto& one) { std::ranges::sort(one.cpus); });
    std::vector<std::uint32_t> order;
    for (const auto& one : groups) {
        const auto address = one.change->write.address;
        if (std::ranges::find(order, address) == order.end()) order.push_back(address);
    }
    std::ranges::stable_sort(groups, {}, [&](const group& one) {
        return std::ranges::find(order, one.change->write.address) - order.begin();
    });
    return groups;
}

struct field_change {
    std::string name;
    std::string bits;
    std::string before;
    std::string after;
};

std::vector<field_change> field_changes(const session& from, const planned_change& change) {
    const auto& write = change.write;
    if (change.what.entry == nullptr || !change.what.entry->fields_known) return {};
    const auto& cpu = from.cpu(write.cpu);
    const layout fields{*change.what.entry, cpu};
    const auto old = write.old.value_or(0);
    // Where a write is a command, what is written says more than what is held.
    const auto now = write.old ? write.result : write.value;
    std::vector<field_change> found;
    auto left = old ^ now;
    for (const auto& field : fields->fields) {
        left &= ~field.mask();
        if (field.of(old) == field.of(now)) continue;
        const auto text = [&](std::uint64_t value) {
            const auto raw = field.of(value);
            return words({field, raw, profile::meaning_of(*field.entry, raw)}, value, &cpu);
        };
        found.push_back({str(field.entry->name), bits_of(field), write.old ? text(old) : "?", text(now)});
    }
    if (left != 0) found.push_back({"reserved bits", hex(left), hex(old & left), hex(now & left)});
    return found;
}

std::string line_of(const group& one) {
    const auto& write = one.change->write;
    const auto cpus = host::format_cpu_list(one.cpus);
    if (!one.change->needed) return fmt::format("  cpu {:<6} {:#x}, as it is to be", cpus, write.value);
    auto line = fmt::format("  cpu {:<6} {} -> {:#x}", cpus, write.old ? hex(*write.old) : "?", write.result);
    if (write.value != write.result) line += fmt::format("  (by writing {:#x})", write.value);
    return line;
}

}  // namespace

void print_plan(const session& from, const write_plan& plan, bool forced) {
    const planned_change* last = nullptr;
    for (const auto& one : groups_of(plan)) {
        const auto& change = *one.change;
        if (last == nullptr || last->write.address != change.write.address)
            fmt::print("{} ({:#x})\n", change.write.name, change.write.address);
        last = &change;
        fmt::print("{}\n", line_of(one));
        if (!change.needed) continue;
        for (const auto& field : field_changes(from, change))
            fmt::print("      {:>7}  {}: {} -> {}\n", field.bits, field.name, field.before, field.after);
        for (const auto& note : change.notes)
            fmt::print("      note: {}\n", note);
        for (const auto& refusal : change.refusals)
            fmt::print("      {}: {}\n", forced ? "overridden" : "refused", refusal);
    }
}

json plan_json(const session& from, const write_plan& plan) {
    auto list = json::array();
    for (const auto& one : groups_of(plan)) {
        const auto& change = *one.change;
        const auto& write = change.write;
        json entry{{"name", write.name},        {"address", hex(write.address)},
                   {"cpus", one.cpus},          {"old", write.old ? json(hex(*write.old)) : json(nullptr)},
                   {"value", hex(write.value)}, {"result", hex(write.result)},
                   {"needed", change.needed},   {"refusals", change.refusals},
                   {"notes", change.notes}};
        if (change.what.entry != nullptr) entry["scope"] = str(catalogue::to_word(change.what.entry->scope));
        auto fields = json::array();
        for (const auto& field : field_changes(from, change)) {
            fields.push_back(
                {{"name", field.name}, {"bits", field.bits}, {"before", field.before}, {"after", field.after}});
        }
        entry["fields"] = std::move(fields);
        list.push_back(std::move(entry));
    }
    return list;
}

}  // namespace tool
