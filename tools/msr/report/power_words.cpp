// Power, temperature and frequency in words.

#include <array>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "tools/msr/report/words.hpp"

namespace tool::report {

namespace {

std::string limit_in_words(const register_view& limits, int number) {
    const auto name = [&](std::string_view field) { return fmt::format("LIMIT_{}.{}", number, field); };
    return fmt::format("{} over {} {}", limits.words(name("POWER_LIMIT")), limits.words(name("TIME_WINDOW")),
                       limits.is_set(name("ENABLE")) ? "on" : "off");
}

// The highest frequency by the number of active cores up to which it holds.
using turbo_table = std::map<std::uint64_t, double>;

// MAXIMUM_RATIO_LIMIT_12C says for how many cores it is; of a group it is said in another register, and without that
// register group 0 is one core, group 1 two.
turbo_table turbo_of(const register_view& ratios, const register_view& groups) {
    turbo_table result;
    for (unsigned cores = 1; cores <= 18; ++cores) {
        const auto name = fmt::format("MAXIMUM_RATIO_LIMIT_{}C", cores);
        if (ratios.shows(name)) result[cores] = ratios.scaled(name).value_or(0);
    }
    for (unsigned group = 0; group < 8; ++group) {
        const auto of_group = fmt::format("RATIO_{}", group);
        const auto cores = groups.get(fmt::format("NUMCORE_{}", group));
        if (ratios.shows(of_group) && cores != 0) result.emplace(cores, ratios.scaled(of_group).value_or(0));
        const auto one_more = fmt::format("MAX_TURBO_GROUP_{}", group);
        if (ratios.shows(one_more)) result[group + 1] = ratios.scaled(one_more).value_or(0);
    }
    std::erase_if(result, [](const auto& one) { return one.second == 0; });
    return result;
}

// "up to 2 active cores 3.8 GHz, up to 4 3.6 GHz": of cores that have the same frequency the most.
sentences turbo_in_words(const turbo_table& frequencies) {
    constexpr double megahertz = 1e6;
    std::string result;
    for (auto at = frequencies.begin(); at != frequencies.end(); ++at) {
        const auto next = std::next(at);
        if (next != frequencies.end() && next->second == at->second) continue;
        result += fmt::format("{}up to {}{}: {}", result.empty() ? "" : ", ", at->first,
                              result.empty() ? (at->first == 1 ? " active core" : " active cores") : "",
                              with_unit(at->second * megahertz, "Hz"));
    }
    if (result.empty()) return {};
    return {result};
}

}  // namespace

std::string power_limits_in_words(const register_view& limits) {
    if (!limits.has("LIMIT_1.POWER_LIMIT"))
        return fmt::format("{} {}", limits.words("PACKAGE_POWER_LIMIT_1"),
                           limits.is_set("ENABLE_POWER_LIMIT_1") ? "on" : "off");
    return fmt::format("{}; {}; {}", limit_in_words(limits, 1), limit_in_words(limits, 2),
                       limits.is_set("PKG_POWER_LIMIT_LOCK") ? "locked until reset" : "not locked");
}

// The sensor counts down to TjMax; an offset lets throttling begin before that.
std::string temperature_in_words(int below, const register_view& target) {
    if (!target || !target.is_set("TEMPERATURE_TARGET"))
        return fmt::format("{} °C below the throttling temperature, which could not be read", below);
    const auto limit = static_cast<int>(target.get("TEMPERATURE_TARGET"));
    const auto offset = target.has("TCC_ACTIVATION_OFFSET") ? static_cast<int>(target.get("TCC_ACTIVATION_OFFSET")) : 0;
    return fmt::format("{} °C; throttling begins at {} °C", limit - below, limit - offset);
}

sentences throttling_causes(const register_view& status, sentences* fields) {
    static constexpr std::array logs{
        std::pair{"THERMAL_STATUS_LOG", "heat"},
        std::pair{"PROCHOT_OR_FORCEPR_LOG", "the platform"},
        std::pair{"CRITICAL_TEMPERATURE_STATUS_LOG", "critical heat"},
        std::pair{"POWER_LIMITATION_LOG", "power"},
        std::pair{"CURRENT_LIMIT_LOG", "current"},
        std::pair{"PKG_THERMAL_STATUS_LOG", "heat"},
        std::pair{"PKG_PROCHOT_LOG", "the platform"},
        std::pair{"PKG_CRITICAL_TEMPERATURE_STATUS_LOG", "critical heat"},
        std::pair{"PKG_POWER_LIMITATION_LOG", "power"},
    };
    const bool package = status.family() == "IA32_PACKAGE_THERM_STATUS";
    sentences causes;
    for (const auto& [field, cause] : logs) {
        if (std::string_view{field}.starts_with("PKG_") != package || !status.is_set(field)) continue;
        causes.emplace_back(cause);
        if (fields != nullptr) fields->emplace_back(field);
    }
    return causes;
}

sentences tell_temperature(const subject& about) {
    if (!about.cpu.known()) return {};
    const auto& status = about.it;
    const auto target = about.cpu.at("MSR_TEMPERATURE_TARGET");
    const bool package = status.has("PKG_DIGITAL_READOUT");
    const auto* const readout = package ? "PKG_DIGITAL_READOUT" : "DIGITAL_READOUT";
    const bool valid = package ? status.raw() != 0 : status.is_set("READING_VALID");
    sentences result;
    if (valid) result.push_back(temperature_in_words(static_cast<int>(status.get(readout)), target));
    if (const auto causes = throttling_causes(status); !causes.empty())
        result.push_back("was throttled by " + joined(causes) + " since the log was last cleared");
    return result;
}

sentences tell_throttling_temperature(const subject& about) {
    const auto& target = about.it;
    if (!target.is_set("TEMPERATURE_TARGET")) return {};
    const auto offset = static_cast<int>(target.get("TCC_ACTIVATION_OFFSET"));
    const auto limit = static_cast<int>(target.get("TEMPERATURE_TARGET"));
    if (offset == 0) return {fmt::format("throttling begins at {} °C", limit)};
    return {fmt::format("throttling begins at {} °C, {} °C below the {} °C that the sensor counts down to",
                        limit - offset, offset, limit)};
}

sentences tell_power_limits(const subject& about) {
    if (!about.cpu.known() || about.it.raw() == 0) return {};
    return {power_limits_in_words(about.it)};
}

// The unit's word says how long it is: NS_1024.
sentences tell_response_time(const subject& about) {
    constexpr std::string_view before_length = "NS_";
    constexpr double nanosecond = 1e-9;
    if (!about.it.is_set("VALID")) return {"no limit"};
    const auto unit = about.it.words("TIME_UNIT");
    std::uint64_t length = 0;
    if (!unit.starts_with(before_length)) return {};
    std::from_chars(unit.data() + before_length.size(), unit.data() + unit.size(), length);
    const auto limit = static_cast<double>(about.it.get("INTERRUPT_RESPONSE_TIME_LIMIT") * length);
    return {"at most " + with_unit(limit * nanosecond, "s")};
}

sentences tell_turbo(const subject& about) {
    if (!about.cpu.known()) return {};
    auto result = turbo_in_words(turbo_of(about.it, about.cpu.at("MSR_TURBO_RATIO_LIMIT_CORES")));
    if (result.empty() && about.it.has("RATIO_0") && about.it.raw() != 0)
        result.emplace_back("of how many cores the groups are could not be read in MSR_TURBO_RATIO_LIMIT_CORES");
    return result;
}

sentences tell_turbo_groups(const subject& about) {
    if (!about.cpu.known()) return {};
    return turbo_in_words(
        turbo_of(about.cpu.first_of({"MSR_TURBO_RATIO_LIMIT", "MSR_PRIMARY_TURBO_RATIO_LIMIT"}), about.it));
}

}  // namespace tool::report
