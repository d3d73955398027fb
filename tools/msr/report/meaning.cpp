#include "tools/msr/report/meaning.hpp"

#include <algorithm>
#include <array>

#include "tools/msr/report/words.hpp"

namespace tool::report {

namespace {

// What tells a register's meaning, and the registers of the same CPU that it looks at: of a family the same member.
struct teller {
    std::string_view name;
    sentences (*tell)(const subject& about);
    std::array<std::string_view, 3> looks_at = {};
};

constexpr teller tellers[]{
    {"IA32_APIC_BASE", tell_apic_mode},
    {"IA32_MCG_STATUS", tell_machine_check_state},
    {"IA32_MCi_STATUS", tell_bank_status, {"IA32_MCi_ADDR", "MCA_IPID"}},
    {"IA32_MCi_MISC", tell_bank_address_kind},
    {"MCA_STATUS", tell_bank_status, {"MCA_ADDR", "MCA_IPID"}},
    {"MCA_DESTAT", tell_deferred_error, {"MCA_DEADDR", "MCA_IPID"}},
    {"MCA_IPID", tell_bank_unit},
    {"IA32_MTRR_PHYSBASE", tell_memory_range, {"IA32_MTRR_PHYSMASK"}},
    {"IA32_MTRR_PHYSMASK", tell_memory_range, {"IA32_MTRR_PHYSBASE"}},
    {"IA32_SMRR_PHYSBASE", tell_memory_range, {"IA32_SMRR_PHYSMASK"}},
    {"IA32_SMRR_PHYSMASK", tell_memory_range, {"IA32_SMRR_PHYSBASE"}},
    {"SMM_ADDR", tell_memory_range, {"SMM_MASK"}},
    {"SMM_MASK", tell_memory_range, {"SMM_ADDR"}},
    {"IORR_BASE", tell_memory_range, {"IORR_MASK"}},
    {"IORR_MASK", tell_memory_range, {"IORR_BASE"}},
    {"IA32_MTRR_FIX64K_00000", tell_fixed_ranges},
    {"IA32_MTRR_FIX16K_80000", tell_fixed_ranges},
    {"IA32_MTRR_FIX16K_A0000", tell_fixed_ranges},
    {"IA32_MTRR_FIX4K_C0000", tell_fixed_ranges},
    {"IA32_MTRR_FIX4K_C8000", tell_fixed_ranges},
    {"IA32_MTRR_FIX4K_D0000", tell_fixed_ranges},
    {"IA32_MTRR_FIX4K_D8000", tell_fixed_ranges},
    {"IA32_MTRR_FIX4K_E0000", tell_fixed_ranges},
    {"IA32_MTRR_FIX4K_E8000", tell_fixed_ranges},
    {"IA32_MTRR_FIX4K_F0000", tell_fixed_ranges},
    {"IA32_MTRR_FIX4K_F8000", tell_fixed_ranges},
    {"IA32_MTRR_DEF_TYPE", tell_default_type},
    {"IA32_PAT", tell_page_attributes},
    {"IA32_STAR", tell_selectors},
    {"IA32_FMASK", tell_cleared_flags},
    {"IA32_PERFEVTSEL", tell_counted_event},
    {"PERF_CTL", tell_counted_event},
    {"IA32_THERM_STATUS", tell_temperature, {"MSR_TEMPERATURE_TARGET"}},
    {"IA32_PACKAGE_THERM_STATUS", tell_temperature, {"MSR_TEMPERATURE_TARGET"}},
    {"MSR_TEMPERATURE_TARGET", tell_throttling_temperature},
    {"MSR_PKG_POWER_LIMIT", tell_power_limits},
    {"MSR_PKGC3_IRTL", tell_response_time},
    {"MSR_PKGC6_IRTL", tell_response_time},
    {"MSR_PKGC7_IRTL", tell_response_time},
    {"MSR_PKGC_IRTL1", tell_response_time},
    {"MSR_PKGC_IRTL2", tell_response_time},
    {"MSR_PKGC8_IRTL", tell_response_time},
    {"MSR_PKGC9_IRTL", tell_response_time},
    {"MSR_PKGC10_IRTL", tell_response_time},
    {"MSR_TURBO_RATIO_LIMIT", tell_turbo, {"MSR_TURBO_RATIO_LIMIT_CORES"}},
    {"MSR_TURBO_RATIO_LIMIT1", tell_turbo},
    {"MSR_TURBO_RATIO_LIMIT2", tell_turbo},
    {"MSR_PRIMARY_TURBO_RATIO_LIMIT", tell_turbo, {"MSR_TURBO_RATIO_LIMIT_CORES"}},
    {"MSR_SECONDARY_TURBO_RATIO_LIMIT", tell_turbo},
    {"MSR_TURBO_RATIO_LIMIT_CORES", tell_turbo_groups, {"MSR_TURBO_RATIO_LIMIT", "MSR_PRIMARY_TURBO_RATIO_LIMIT"}},
    {"TSC_RATIO", tell_guest_clock},
};

std::vector<catalogue::target> looked_at(const teller& by, const names& all, std::uint32_t member) {
    std::vector<catalogue::target> result;
    for (const auto name : by.looks_at) {
        if (name.empty()) continue;
        for (const auto& one : all.find(name))
            result.push_back({one.entry, one.entry->members > 1 ? member : 0, nullptr});
    }
    return result;
}

// A misspelt name would silently tell nothing.
names with_all_tellers(const catalogue::tables& facts) {
    names result{facts};
    for (const auto& one : tellers)
        static_cast<void>(result.find(one.name));
    return result;
}

}  // namespace

sentences meanings::of(const catalogue::target& what, std::uint64_t value, std::optional<std::uint32_t> cpu) {
    const auto found = std::ranges::find(tellers, std::string_view{what.entry->name}, &teller::name);
    if (found == std::end(tellers) || !what.entry->fields_known) return {};
    if (!names_) names_ = with_all_tellers(*facts_);
    if (!names_->is_built_in(*what.entry)) return {};
    if (from_ == nullptr || !cpu)
        return found->tell(
            {{what, layout{*what.entry, *facts_}, value, nullptr}, what.member, cpu_values{*names_, *facts_}});
    const auto others = looked_at(*found, *names_, what.member);
    std::vector<const catalogue::register_entry*> entries;
    std::vector<std::uint32_t> addresses;
    for (const auto& one : others) {
        entries.push_back(one.entry);
        addresses.push_back(one.address());
    }
    from_->learn(entries);
    std::ranges::sort(addresses);
    addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
    const auto values = from_->machine().read({&*cpu, 1}, addresses);
    const auto& here = from_->cpu(*cpu);
    return found->tell({{what, layout{*what.entry, here}, value, &here},
                        what.member,
                        {*names_, *cpu, here, values.addresses(), values.row(0)}});
}

}  // namespace tool::report
