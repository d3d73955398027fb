// Power limits, energy and temperatures.

#include <array>

#include <fmt/format.h>

#include "tools/msr/report/topics.hpp"
#include "tools/msr/report/words.hpp"

namespace tool::report {

namespace {

void add_limits(section& to, const cpu_values& cpu) {
    const auto info = cpu.at("MSR_PKG_POWER_INFO");
    if (info && info.is_set("THERMAL_SPEC_POWER")) {
        to.rows.push_back(
            {.label = "design power",
             .text = info.words("THERMAL_SPEC_POWER"),
             .says = {{info.name(), "THERMAL_SPEC_POWER", fmt::format("{}", info.get("THERMAL_SPEC_POWER"))}}});
    }
    const auto limits = cpu.at("MSR_PKG_POWER_LIMIT");
    if (!limits || limits.raw() == 0) return;
    row result{.label = "limits", .text = power_limits_in_words(limits)};
    if (limits.has("LIMIT_1.POWER_LIMIT")) {
        result.says = {limits.says("LIMIT_1.ENABLE"), limits.says("LIMIT_2.ENABLE"),
                       limits.says("PKG_POWER_LIMIT_LOCK")};
    } else {
        result.says = {limits.says("ENABLE_POWER_LIMIT_1")};
    }
    to.rows.push_back(std::move(result));
}

// Counters since they last wrapped: only two readings make a power of it.
void add_energy(section& to, const cpu_values& cpu) {
    struct counter {
        std::string_view name;
        std::string_view words;
    };
    static constexpr std::array counters{
        counter{"MSR_PKG_ENERGY_STATUS", "package"}, counter{"PKG_ENERGY_STAT", "package"},
        counter{"MSR_PP0_ENERGY_STATUS", "cores"},   counter{"CORE_ENERGY_STAT", "core"},
        counter{"MSR_DRAM_ENERGY_STATUS", "memory"}, counter{"MSR_PLATFORM_ENERGY_STATUS", "platform"}};
    row result{.label = "energy", .text = {}};
    std::vector<std::string> words;
    for (const auto& [name, what] : counters) {
        const auto energy = cpu.at(name);
        if (!energy || energy.raw() == 0) continue;
        words.push_back(fmt::format("{} {}", what, energy.words("TOTAL_ENERGY_CONSUMED")));
        result.says.push_back(energy.says_hex("TOTAL_ENERGY_CONSUMED"));
    }
    if (words.empty()) return;
    result.text = joined(words) + " since the counters began or wrapped";
    result.sample = 0;
    to.rows.push_back(std::move(result));
}

row temperature(const cpu_values& cpu, const register_view& status, std::string_view field, std::string label) {
    const auto target = cpu.at("MSR_TEMPERATURE_TARGET");
    const auto below = static_cast<int>(status.get(field));
    row result{.label = std::move(label), .text = temperature_in_words(below, target), .says = {status.says(field)}};
    if (target && target.is_set("TEMPERATURE_TARGET")) result.says.push_back(target.says("TEMPERATURE_TARGET"));
    result.sample = -below;
    return result;
}

void add_throttling(section& to, const register_view& status) {
    sentences fields;
    const auto causes = throttling_causes(status, &fields);
    if (causes.empty()) return;
    row result{.label = "was throttled", .text = "by " + joined(causes) + ", since the log was last cleared"};
    for (const auto& field : fields)
        result.says.push_back(status.says(field));
    to.rows.push_back(std::move(result));
}

void add_temperatures(section& to, const cpu_values& cpu) {
    if (const auto core = cpu.at("IA32_THERM_STATUS")) {
        if (core.is_set("READING_VALID")) to.rows.push_back(temperature(cpu, core, "DIGITAL_READOUT", "hottest core"));
        add_throttling(to, core);
    }
    if (const auto package = cpu.at("IA32_PACKAGE_THERM_STATUS"); package && package.raw() != 0)
        to.rows.push_back(temperature(cpu, package, "PKG_DIGITAL_READOUT", "package"));
}

}  // namespace

section power(const cpu_values& cpu, const surroundings& where) {
    section result{"power", "Power and temperature"};
    if (where.virtual_cpu) return result;  // a virtual CPU has neither
    add_limits(result, cpu);
    add_energy(result, cpu);
    add_temperatures(result, cpu);
    return result;
}

}  // namespace tool::report
