// Memory types: the MTRRs with their ranges, and the page attribute table.

#include <fmt/format.h>

#include "tools/msr/report/topics.hpp"
#include "tools/msr/report/words.hpp"

namespace tool::report {

namespace {

row variable_ranges(const cpu_values& cpu, std::uint32_t count) {
    row result{.label = "ranges", .text = {}};
    std::vector<std::string> words;
    for (std::uint32_t number = 0; number < count; ++number) {
        const auto base = cpu.at("IA32_MTRR_PHYSBASE", number);
        const auto mask = cpu.at("IA32_MTRR_PHYSMASK", number);
        if (!base || !mask || !mask.is_set("V")) continue;
        words.push_back(range_in_words(base, mask));
        result.says.push_back(mask.says("V"));
    }
    result.text = words.empty() ? fmt::format("none of {} is in use", count)
                                : fmt::format("{} of {}: {}", words.size(), count, joined(words));
    return result;
}

void add_mtrrs(section& to, const cpu_values& cpu) {
    const auto defaults = cpu.at("IA32_MTRR_DEF_TYPE");
    if (!defaults.exists()) return;
    if (!defaults) {
        to.rows.push_back({.label = "MTRR", .text = "not known: " + defaults.why_not(), .says = {defaults.says_all()}});
        return;
    }
    const bool enabled = defaults.is_set("E");
    to.rows.push_back({.label = "MTRR",
                       .text = default_type_in_words(defaults),
                       .says = {defaults.says("E"), defaults.says("TYPE"), defaults.says("FE")}});
    const auto count = static_cast<std::uint32_t>(cpu.at("IA32_MTRRCAP").get("VCNT"));
    if (enabled && count > 0) to.rows.push_back(variable_ranges(cpu, count));
}

void add_top_of_memory(section& to, const cpu_values& cpu) {
    const auto system = cpu.at("SYSCFG");
    if (!system || !system.has("TOM2_FORCE_MEM_TYPE_WB") || !system.is_set("TOM2_FORCE_MEM_TYPE_WB")) return;
    const auto top = cpu.at("TOP_MEM2");
    to.rows.push_back({.label = "above 4 GiB",
                       .text = "WB up to TOP_MEM2, where no range covers it",
                       .says = {system.says("TOM2_FORCE_MEM_TYPE_WB"), top.says_all()}});
}

void add_pat(section& to, const cpu_values& cpu) {
    const auto pat = cpu.at("IA32_PAT");
    if (!pat.exists()) return;
    row result{.label = "PAT", .text = "not known: " + pat.why_not(), .says = {pat.says_all()}};
    if (pat) result.text = page_attributes_in_words(pat);
    to.rows.push_back(std::move(result));
}

}  // namespace

section memory_types(const cpu_values& cpu, const surroundings& /*where*/) {
    section result{"memory_types", "Memory types"};
    add_mtrrs(result, cpu);
    add_top_of_memory(result, cpu);
    add_pat(result, cpu);
    return result;
}

}  // namespace tool::report
