// The time-stamp counter, and the frequencies and performance states around it.

#include <fmt/format.h>

#include "tools/msr/report/topics.hpp"

namespace tool::report {

namespace {

void add_counter(section& to, const cpu_values& cpu) {
    if (!cpu.has("tsc")) return;
    row result{.label = "TSC",
               .text = cpu.has("invariant_tsc") ? "invariant: one rate in every P- and C-state"
                                                : "not announced as invariant: its rate may change",
               .says = {cpu.feature("invariant_tsc")}};
    to.rows.push_back(std::move(result));
    const auto adjust = cpu.at("IA32_TSC_ADJUST");
    if (!adjust) return;
    const auto offset = static_cast<std::int64_t>(adjust.raw());
    to.rows.push_back({.label = "TSC_ADJUST",
                       .text = offset == 0 ? "the counter was not moved since reset"
                                           : fmt::format("the counter was moved by {} ticks since reset", offset),
                       .says = {{adjust.name(), "THREAD_ADJUST", fmt::format("{}", offset)}}});
}

// TSC = crystal clock * numerator / denominator (SDM volume 3, 18.7.3).
void add_crystal(section& to, const cpu_values& cpu) {
    const auto numerator = cpu.quantity("CRYSTAL_RATIO_NUMERATOR");
    const auto denominator = cpu.quantity("CRYSTAL_RATIO_DENOMINATOR");
    const auto crystal = cpu.quantity("CRYSTAL_HZ");
    if (numerator == 0 || denominator == 0) return;
    const auto text = crystal == 0
                          ? fmt::format("{} / {} of a crystal whose rate CPUID does not give", numerator, denominator)
                          : with_unit(static_cast<double>(crystal) * numerator / denominator, "Hz") + " by CPUID";
    to.rows.push_back({.label = "TSC rate",
                       .text = text,
                       .says = {cpu.says_quantity("CRYSTAL_HZ"), cpu.says_quantity("CRYSTAL_RATIO_NUMERATOR"),
                                cpu.says_quantity("CRYSTAL_RATIO_DENOMINATOR")}});
}

void add_cpuid_frequencies(section& to, const cpu_values& cpu) {
    if (cpu.quantity("BASE_MHZ") == 0) return;
    to.rows.push_back({.label = "frequency",
                       .text = fmt::format("base {} MHz, highest {} MHz, bus {} MHz by CPUID", cpu.quantity("BASE_MHZ"),
                                           cpu.quantity("MAXIMUM_MHZ"), cpu.quantity("BUS_MHZ")),
                       .says = {cpu.says_quantity("BASE_MHZ"), cpu.says_quantity("MAXIMUM_MHZ")}});
}

void add_platform_ratios(section& to, const cpu_values& cpu) {
    const auto platform = cpu.at("MSR_PLATFORM_INFO");
    if (!platform || !platform.is_set("MAXIMUM_NON_TURBO_RATIO")) return;
    row result{.label = "ratios", .text = "base " + platform.words("MAXIMUM_NON_TURBO_RATIO")};
    result.says.push_back(
        {platform.name(), "MAXIMUM_NON_TURBO_RATIO", fmt::format("{}", platform.get("MAXIMUM_NON_TURBO_RATIO"))});
    if (const auto* const low = "MAXIMUM_EFFICIENCY_RATIO"; platform.has(low)) {
        result.text += ", most efficient " + platform.words(low);
        result.says.push_back({platform.name(), low, fmt::format("{}", platform.get(low))});
    }
    to.rows.push_back(std::move(result));
}

// What the CPU runs at as it is read; another moment gives another value.
void add_present_state(section& to, const cpu_values& cpu) {
    const auto status = cpu.first_of({"IA32_PERF_STATUS", "HW_PSTATE_STATUS"});
    if (!status) return;
    const bool intel = status.name() == "IA32_PERF_STATUS";
    const auto* const field = intel ? "CURRENT_PERFORMANCE_STATE_VALUE" : "CUR_CPU_FID";
    if (!status.has(field)) return;
    const auto now = status.scaled(field);
    if (!now || *now == 0) return;
    auto text = status.words(field) + " as it was read";
    if (intel && status.has("CORE_VOLTAGE") && status.is_set("CORE_VOLTAGE"))
        text += " at " + status.words("CORE_VOLTAGE");
    to.rows.push_back({.label = "now", .text = std::move(text), .says = {status.says_hex(field)}, .sample = now});
}

void add_turbo(section& to, const cpu_values& cpu) {
    const auto enable = cpu.at("IA32_MISC_ENABLE");
    const auto configuration = cpu.at("HWCR");
    row result{.label = "turbo", .text = {}};
    if (enable && enable.has("TURBO_MODE_DISABLE") && (cpu.has("turbo_boost") || enable.is_set("TURBO_MODE_DISABLE"))) {
        result.text = enable.is_set("TURBO_MODE_DISABLE") ? "off" : "allowed";
        result.says = {enable.says("TURBO_MODE_DISABLE")};
    } else if (configuration && configuration.has("CPB_DIS")) {
        result.text = configuration.is_set("CPB_DIS") ? "off" : "allowed";
        result.says = {configuration.says("CPB_DIS")};
    } else {
        return;
    }
    if (const auto hwp = cpu.at("IA32_PM_ENABLE")) {
        result.text +=
            hwp.is_set("HWP_ENABLE") ? "; the hardware chooses frequencies" : "; the system chooses frequencies";
        result.says.push_back(hwp.says("HWP_ENABLE"));
    }
    to.rows.push_back(std::move(result));
}

void add_pstates(section& to, const cpu_values& cpu) {
    row result{.label = "P-states", .text = {}};
    std::vector<std::string> words;
    for (std::uint32_t number = 0; number < cpu.members("PSTATE_DEF"); ++number) {
        const auto state = cpu.at("PSTATE_DEF", number);
        if (!state || !state.is_set("PSTATE_EN") || !state.has("CPU_FID")) continue;
        auto text = fmt::format("P{} {}", number, state.words("CPU_FID"));
        if (state.has("CPU_VID") && state.scaled("CPU_VID")) text += " " + state.words("CPU_VID");
        words.push_back(std::move(text));
        result.says.push_back(state.says("PSTATE_EN"));
    }
    if (words.empty()) return;
    result.text = joined(words);
    to.rows.push_back(std::move(result));
}

}  // namespace

section time(const cpu_values& cpu, const surroundings& /*where*/) {
    section result{"time", "Time-stamp counter and frequency"};
    add_counter(result, cpu);
    add_crystal(result, cpu);
    add_cpuid_frequencies(result, cpu);
    add_platform_ratios(result, cpu);
    add_pstates(result, cpu);
    add_turbo(result, cpu);
    add_present_state(result, cpu);
    return result;
}

}  // namespace tool::report
