#include "msr/profile/resolve.hpp"

namespace msr::profile {

namespace {

using catalogue::field_kind;
using catalogue::holds;

void reserve(resolved_register& result, field_kind kind, std::uint64_t mask) {
    switch (kind) {
        case field_kind::ignored: result.ignored |= mask; break;
        case field_kind::preserve: result.preserve |= mask; break;
        default: result.must_be_zero |= mask; break;
    }
}

}  // namespace

std::uint32_t member_count(const catalogue::register_entry& entry, const profile& cpu) {
    if (entry.count.empty()) return entry.members;
    const auto count = catalogue::evaluate<std::int64_t>(entry.count, cpu);
    if (!count.known) return entry.members;
    if (count.value < 0) return 0;
    const auto members = static_cast<std::uint64_t>(count.value);
    return members < entry.members ? static_cast<std::uint32_t>(members) : entry.members;
}

resolved_register resolve(const catalogue::register_entry& entry, const profile& cpu, resolved_field* storage) {
    resolved_register result{.entry = &entry};
    std::size_t count = 0;
    std::uint64_t covered = 0;
    const auto quantities = [&](std::uint16_t index) { return cpu.quantity(index); };
    for (const auto& field : entry.fields) {
        const auto there = catalogue::test(field.exists, cpu);
        const int msb = catalogue::place(field.msb, quantities);
        const int lsb = catalogue::place(field.lsb, quantities);
        if (there == holds::no || msb < lsb) continue;
        const auto mask = catalogue::mask_of(msb, lsb);
        covered |= mask;
        if (is_reserved(field)) {
            reserve(result, field.kind, mask);
            continue;
        }
        if (field.access == catalogue::access::read_only) result.read_only |= mask;
        storage[count++] = {&field, static_cast<std::uint8_t>(msb), static_cast<std::uint8_t>(lsb),
                            there == holds::yes};
    }
    // What no field accounts for belongs to features that the CPU lacks.
    if (entry.fields_known) reserve(result, entry.absent, ~covered);
    result.fields = {storage, count};
    return result;
}

resolved_register resolve_for_any(const catalogue::register_entry& entry, const catalogue::tables& facts,
                                  resolved_field* storage) {
    resolved_register result{.entry = &entry};
    std::size_t count = 0;
    const auto widest = [&](std::uint16_t index) { return facts.quantities[index].maximum; };
    for (const auto& field : entry.fields) {
        const int msb = catalogue::place(field.msb, widest);
        const int lsb = catalogue::place(field.lsb, widest);
        if (is_reserved(field) || msb < lsb) continue;
        if (count > 0 && storage[count - 1].entry->name == field.name) continue;
        storage[count++] = {&field, static_cast<std::uint8_t>(msb), static_cast<std::uint8_t>(lsb), false};
    }
    result.fields = {storage, count};
    return result;
}

}  // namespace msr::profile
