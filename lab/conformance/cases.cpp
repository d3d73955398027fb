#include "lab/conformance/cases.hpp"

#include <algorithm>
#include <ostream>
#include <random>
#include <set>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "msr/profile/decode.hpp"

namespace conformance {

namespace {

using msr::catalogue::register_entry;

constexpr int random_values = 16;
// Every value of a field up to so many bits; of wider ones the values that the catalogue knows, and their neighbours.
constexpr int narrow = 4;

void one_case(std::ostream& to, bool by_host, std::uint32_t address, std::uint64_t value) {
    fmt::print(to, "{} {:x} {:x}\n", by_host ? "host" : "guest", address, value);
}

void canonical_edges(std::set<std::uint64_t>& values) {
    for (const unsigned width : {48U, 57U}) {
        const auto half = std::uint64_t{1} << (width - 1);
        for (const auto edge :
             {half - 8, half, ~std::uint64_t{0} << (width - 1), (~std::uint64_t{0} << (width - 1)) - 8})
            values.insert(edge);
    }
}

void field_values(std::set<std::uint64_t>& values, const msr::profile::resolved_field& field, std::uint64_t held) {
    const auto put = [&](std::uint64_t raw) {
        values.insert((held & ~field.mask()) | (raw << field.lsb & field.mask()));
    };
    const auto width = field.msb - field.lsb + 1;
    if (width <= narrow) {
        for (std::uint64_t raw = 0; raw < std::uint64_t{1} << static_cast<unsigned>(width); ++raw)
            put(raw);
        return;
    }
    put(field.of(~std::uint64_t{0}));
    if (field.entry->values == nullptr) return;
    for (const auto& one : field.entry->values->values) {
        put(one.match);
        put(one.match + 1);
        put(one.match - 1);
    }
}

// The lowest bit of each of two neighbours.
std::uint64_t lowest_bits(const msr::profile::resolved_register& layout, std::size_t second) {
    return std::uint64_t{1} << layout.fields[second - 1].lsb | std::uint64_t{1} << layout.fields[second].lsb;
}

std::set<std::uint64_t> values_for(const register_entry& entry, const msr::profile::profile& cpu, std::uint64_t held,
                                   std::mt19937_64& random) {
    std::set<std::uint64_t> values{0, held, ~std::uint64_t{0}};
    for (unsigned bit = 0; bit < 64; ++bit) {
        values.insert(std::uint64_t{1} << bit);
        values.insert(held ^ std::uint64_t{1} << bit);
    }
    canonical_edges(values);
    std::vector<msr::profile::resolved_field> storage(entry.fields.size());
    const auto layout = resolve(entry, cpu, storage.data());
    for (const auto& field : layout.fields)
        field_values(values, field, held);
    // Bits that exclude or need each other are neighbours.
    for (std::size_t at = 1; at < layout.fields.size(); ++at)
        values.insert(held ^ lowest_bits(layout, at));
    for (int round = 0; round < random_values; ++round) {
        const auto any = random();
        values.insert(any);
        // Most random values hit a reserved bit: these do not.
        values.insert(any & ~layout.must_be_zero);
    }
    return values;
}

bool is_left_out(const case_options& options, std::uint32_t address, std::uint64_t value) {
    return std::ranges::any_of(options.without,
                               [&](const left_out& one) { return one.address == address && (value & one.mask) != 0; });
}

// The entry that the CPU has at an address, or any that stands there.
std::map<std::uint32_t, const register_entry*> entries_by_address(const msr::catalogue::tables& facts,
                                                                  const msr::profile::profile* cpu) {
    std::map<std::uint32_t, const register_entry*> result;
    for (const auto& entry : facts.registers) {
        const bool here = cpu != nullptr && exists(entry, *cpu) != msr::catalogue::holds::no;
        for (std::uint32_t member = 0; member < entry.members; ++member) {
            auto& place = result[entry.address + entry.stride * member];
            if (place == nullptr || here) place = &entry;
        }
    }
    return result;
}

}  // namespace

void write_probe(std::ostream& to, const msr::catalogue::tables& facts, bool by_host,
                 const std::optional<std::set<std::uint32_t>>& only) {
    for (const auto& [address, entry] : entries_by_address(facts, nullptr)) {
        if (!only || only->contains(address)) one_case(to, by_host, address, 0);
    }
}

void write_cases(std::ostream& to, const msr::catalogue::tables& facts, const recording& probe,
                 const case_options& options) {
    const auto oracle = subject_of(probe);
    const auto cpu = oracle.on(facts);
    const auto entries = entries_by_address(facts, &cpu);
    machine playing{facts, oracle, nullptr};
    std::mt19937_64 random{options.seed};
    for (const auto& one : probe.answers) {
        if (one.by_host != options.by_host || one.kept || (!one.before && !one.written)) continue;
        const auto entry = entries.find(one.address);
        if (entry == entries.end()) continue;
        const auto& family = *entry->second;
        if (family.stride != 0 && (one.address - family.address) / family.stride >= options.members) continue;
        const auto held = one.before.value_or(0);
        const auto values = values_for(*entry->second, cpu, held, random);
        // What cannot be undone comes late, and last what clears bits: it can disable for good what they enable.
        const auto rank = [&](std::uint64_t value) {
            const auto undone = playing.can_undo(one.address, held, value, options.by_host);
            if (!undone) return 0;
            if (!*undone) return 2;
            return (value & held) != held ? 1 : 0;
        };
        std::size_t number = 0;
        for (const int turn : {0, 2, 1}) {
            for (const auto value : values) {
                if (rank(value) != turn || is_left_out(options, one.address, value)) continue;
                if (number++ % options.every == 0) one_case(to, options.by_host, one.address, value);
            }
        }
    }
}

}  // namespace conformance
