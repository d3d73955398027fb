// Every register on random CPUs: each bit is accounted for once, and no address has two registers.
#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/catalogue/lookup.hpp"
#include "msr/profile/recorded_cpus.hpp"
#include "msr/profile/resolve.hpp"

namespace msr::profile {
namespace {

using catalogue::built_in;

/// Registers that conditions ask for.
std::set<std::uint32_t> addresses_in_conditions() {
    std::set<std::uint32_t> result;
    const auto collect = [&](catalogue::expression code) {
        for (const auto& step : code) {
            if (step.code == catalogue::operation::register_bits)
                result.insert(static_cast<std::uint32_t>(step.operand));
        }
    };
    for (const auto& entry : built_in().registers) {
        collect(entry.exists);
        for (const auto& field : entry.fields)
            collect(field.exists);
    }
    return result;
}

/// A CPU that is a processor of the catalogue, or about one, and otherwise has any features whatever.
class random_cpus {
  public:
    recorded_cpu next() {
        const auto& processors = built_in().processors;
        const auto& matches = processors[random_() % processors.size()].matches;
        const auto& match = matches[random_() % matches.size()];
        const auto family = match.family;
        const auto model = pick(match.model_first, std::min<std::uint32_t>(match.model_last + 1U, 0xFF));
        auto cpu = vendor(match.vendor, version(family, model, pick(match.stepping_first, match.stepping_last)));
        for (const auto& feature : built_in().features)
            add(cpu, feature.where.leaf, feature.where.subleaf);
        for (const auto& quantity : built_in().quantities)
            add(cpu, quantity.where.leaf, quantity.where.subleaf);
        for (const auto address : addresses_)
            cpu.registers.push_back({address, std::uint64_t{random_()} << 32U | random_()});
        return cpu;
    }

  private:
    std::uint32_t pick(std::uint32_t first, std::uint32_t last) {
        return first + static_cast<std::uint32_t>(random_() % (last - first + 1U));
    }

    static std::uint32_t version(std::uint32_t family, std::uint32_t model, std::uint32_t stepping) {
        const auto base = std::min(family, 0xFU);
        return (family - base) << 20U | (model >> 4U) << 16U | base << 8U | (model & 0xFU) << 4U | stepping;
    }

    static recorded_cpu vendor(std::size_t index, std::uint32_t version) {
        char signature[13]{};
        std::ranges::copy(built_in().vendors[index].signatures[0], signature);
        return cpu_of(signature, version);
    }

    void add(recorded_cpu& cpu, std::uint32_t leaf, std::uint32_t subleaf) {
        if (leaf == 0) return;
        const auto same = [&](const cpuid_leaf& one) { return one.leaf == leaf && one.subleaf == subleaf; };
        auto place = std::ranges::find_if(cpu.cpuid, same);
        if (place == cpu.cpuid.end()) {
            place = cpu.cpuid.insert(place, {leaf, subleaf, {.eax = static_cast<std::uint32_t>(random_())}});
        }
        if (leaf != 1) place->answer.eax = static_cast<std::uint32_t>(random_());
        place->answer.ebx = static_cast<std::uint32_t>(random_());
        place->answer.ecx = static_cast<std::uint32_t>(random_());
        place->answer.edx = static_cast<std::uint32_t>(random_());
    }

    std::mt19937 random_{42};
    std::set<std::uint32_t> addresses_ = addresses_in_conditions();
};

void expect_tiled(const catalogue::register_entry& entry, const profile& cpu) {
    std::vector<resolved_field> storage(entry.fields.size());
    const auto here = resolve(entry, cpu, storage.data());
    std::uint64_t covered = 0;
    const auto cover = [&](std::uint64_t mask, std::string_view what) {
        EXPECT_EQ(covered & mask, 0U) << std::string_view{entry.name} << ": " << what << " overlaps, on family "
                                      << std::hex << cpu.family() << " model " << cpu.model();
        covered |= mask;
    };
    for (const auto& field : here.fields) {
        EXPECT_TRUE(field.certain) << std::string_view{entry.name} << "." << std::string_view{field.entry->name};
        cover(field.mask(), field.entry->name);
    }
    EXPECT_EQ(here.read_only & ~covered, 0U) << std::string_view{entry.name};
    cover(here.must_be_zero, "reserved, mbz");
    cover(here.ignored, "reserved, ignored");
    cover(here.preserve, "reserved, preserve");
    EXPECT_EQ(covered, ~std::uint64_t{0}) << std::string_view{entry.name};
}

TEST(tiling, every_register_on_random_cpus) {
    random_cpus cpus;
    std::set<const catalogue::register_entry*> seen;
    for (int round = 0; round < 200; ++round) {
        const auto recorded = cpus.next();
        const auto cpu = recorded.on(built_in());
        std::map<std::uint32_t, const catalogue::register_entry*> owners;
        for (const auto& entry : built_in().registers) {
            if (exists(entry, cpu) != catalogue::holds::yes) continue;
            seen.insert(&entry);
            if (entry.fields_known) expect_tiled(entry, cpu);
            for (std::uint32_t member = 0; member < member_count(entry, cpu); ++member) {
                const auto [place, fresh] = owners.emplace(entry.address + entry.stride * member, &entry);
                EXPECT_TRUE(fresh) << std::string_view{entry.name} << " and " << std::string_view{place->second->name}
                                   << " share " << std::hex << place->first;
            }
        }
    }
    // The CPUs are random enough to have met most registers.
    EXPECT_GT(seen.size(), built_in().registers.size() / 2);
}

TEST(tiling, a_page_without_a_cpu_shows_each_field_once) {
    for (const auto& entry : built_in().registers) {
        std::vector<resolved_field> storage(entry.fields.size());
        const auto any = resolve_for_any(entry, built_in(), storage.data());
        std::set<std::string_view> names;
        for (const auto& field : any.fields)
            EXPECT_TRUE(names.insert(field.entry->name).second)
                << std::string_view{entry.name} << "." << std::string_view{field.entry->name};
    }
}

}  // namespace
}  // namespace msr::profile
