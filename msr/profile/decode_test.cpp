// Values in words, checked against the manuals' worked examples and against what real machines said.
#include "msr/profile/decode.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/catalogue/lookup.hpp"
#include "msr/profile/recorded_cpus.hpp"
#include "msr/registers/cpuid.hpp"
#include "msr/registers/ia32_arch_capabilities.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_mcg_cap.hpp"
#include "msr/registers/ia32_mtrrcap.hpp"
#include "msr/registers/msr_turbo_ratio_limit.hpp"

namespace msr::profile {
namespace {

using catalogue::built_in;

/// One register's value on a CPU.
class decoded {
  public:
    decoded(const recorded_cpu& recorded, std::string_view name, std::uint64_t value)
        : recorded_{recorded}, cpu_{recorded_.on(built_in())}, value_{value} {
        const auto targets = catalogue::find_by_name(built_in(), name);
        if (!targets) throw std::invalid_argument{targets.error()};
        for (const auto& one : *targets) {
            if (exists(*one.entry, cpu_) == catalogue::holds::no) continue;
            storage_.resize(one.entry->fields.size());
            resolved_ = resolve(*one.entry, cpu_, storage_.data());
            return;
        }
        throw std::invalid_argument{"this CPU has no " + std::string{name}};
    }
    decoded(const decoded&) = delete;
    decoded& operator=(const decoded&) = delete;

    [[nodiscard]] const resolved_register& layout() const { return resolved_; }
    [[nodiscard]] bool has(std::string_view field) const { return find(field) != nullptr; }
    [[nodiscard]] std::uint64_t raw(std::string_view field) const { return at(field).of(value_); }
    [[nodiscard]] std::string meaning(std::string_view field) const {
        const auto* found = meaning_of(*at(field).entry, raw(field));
        return found == nullptr ? "" : std::string{std::string_view{found->name}};
    }
    [[nodiscard]] double scaled(std::string_view field) const {
        const auto result = msr::profile::scaled(*at(field).entry, value_, cpu_);
        EXPECT_TRUE(result.known) << field;
        return result.value;
    }
    [[nodiscard]] bool scale_known(std::string_view field) const {
        return msr::profile::scaled(*at(field).entry, value_, cpu_).known;
    }
    [[nodiscard]] std::uint64_t address(std::string_view field) const { return address_of(at(field), raw(field)); }

  private:
    [[nodiscard]] const resolved_field* find(std::string_view field) const {
        const auto* place = std::ranges::find_if(resolved_.fields, [&](auto& one) { return one.entry->name == field; });
        return place == resolved_.fields.end() ? nullptr : place;
    }
    [[nodiscard]] const resolved_field& at(std::string_view field) const {
        const auto* place = find(field);
        if (place == nullptr) throw std::out_of_range{std::string{field}};
        return *place;
    }

    recorded_cpu recorded_;
    msr::profile::profile cpu_;
    std::uint64_t value_;
    std::vector<resolved_field> storage_;
    resolved_register resolved_;
};

std::string register_at(const recorded_cpu& recorded, std::uint32_t address) {
    const auto cpu = recorded.on(built_in());
    std::string names;
    for (const auto& one : catalogue::at_address(built_in(), address)) {
        if (exists(*one.entry, cpu) != catalogue::holds::yes) continue;
        names += (names.empty() ? "" : " ") + catalogue::name_of(*one.entry, one.member);
        if (!one.entry->variant.empty()) names += "@" + std::string{std::string_view{one.entry->variant}};
    }
    return names;
}

recorded_cpu with_address_width(std::uint32_t bits) {
    auto cpu = cpu_of("GenuineIntel", 0x000306C3, {leaf_with(cpuid::maxphyaddr.where, bits)});
    cpu.cpuid.back().answer.edx = 0xBFEBFBFF;
    cpu.registers = {{ia32_mtrrcap::address, 0xD08}};
    return cpu;
}

// SDM volume 3, 12.11.3, examples 12-3 (36 bits of physical address) and 12-4 (40 bits).
TEST(decode, the_manuals_mtrr_example) {
    struct range {
        std::uint64_t base;
        std::uint64_t mask;
        std::uint64_t start;
        std::uint64_t megabytes;
        const char* type;
    };
    const range ranges[]{
        {0x0000000000000006, 0x0000000FFC000800, 0x00000000, 64, "WB"},
        {0x0000000004000006, 0x0000000FFE000800, 0x04000000, 32, "WB"},
        {0x0000000006000006, 0x0000000FFFC00800, 0x06000000, 4, "WB"},
        {0x0000000004000000, 0x0000000FFFC00800, 0x04000000, 4, "UC"},
        {0x0000000000F00000, 0x0000000FFFF00800, 0x00F00000, 1, "UC"},
        {0x00000000A0000001, 0x0000000FFF800800, 0xA0000000, 8, "WC"},
    };
    for (const auto& [base, mask, start, megabytes, type] : ranges) {
        const decoded low{with_address_width(36), "IA32_MTRR_PHYSBASE0", base};
        const decoded high{with_address_width(36), "IA32_MTRR_PHYSMASK0", mask};
        EXPECT_EQ(low.address("PHYSBASE"), start);
        EXPECT_EQ(low.meaning("TYPE"), type);
        EXPECT_EQ(high.raw("V"), 1U);
        EXPECT_EQ((std::uint64_t{1} << 36U) - high.address("PHYSMASK"), megabytes << 20U);
        EXPECT_EQ(mask & high.layout().must_be_zero, 0U);
    }
    // The mask for 40 bits sets bits that a CPU of 36 bits reserves.
    const std::uint64_t wide_mask = 0x000000FFFC000800;
    EXPECT_EQ(wide_mask & decoded(with_address_width(36), "IA32_MTRR_PHYSMASK0", 0).layout().must_be_zero,
              0xFULL << 36U);
    EXPECT_EQ(wide_mask & decoded(with_address_width(40), "IA32_MTRR_PHYSMASK0", 0).layout().must_be_zero, 0U);
}

TEST(decode, the_number_of_mtrrs_is_what_the_capability_register_says) {
    const auto& entry = *catalogue::find_by_name(built_in(), "IA32_MTRR_PHYSBASE")->front().entry;
    auto recorded = with_address_width(36);
    EXPECT_EQ(member_count(entry, recorded.on(built_in())), 8U);
    recorded.registers = {{ia32_mtrrcap::address, 0xD0A}};
    EXPECT_EQ(member_count(entry, recorded.on(built_in())), 10U);
    recorded.registers = {{ia32_mtrrcap::address, 0xDFF}};
    EXPECT_EQ(member_count(entry, recorded.on(built_in())), entry.members) << "no more than there are addresses";
    recorded.registers.clear();
    EXPECT_EQ(member_count(entry, recorded.on(built_in())), entry.members) << "not known: all may be there";
}

// SDM volume 3, table 12-12.
TEST(decode, pat_after_reset) {
    const auto& entry = *catalogue::find_by_name(built_in(), "IA32_PAT")->front().entry;
    ASSERT_TRUE(entry.has_reset);
    const decoded pat{skylake_i5_6400t(), "IA32_PAT", entry.reset};
    const char* const types[]{"WB", "WT", "UC_MINUS", "UC", "WB", "WT", "UC_MINUS", "UC"};
    for (std::size_t at = 0; at < 8; ++at)
        EXPECT_EQ(pat.meaning("PA" + std::to_string(at)), types[at]) << at;
}

TEST(decode, counters_that_can_be_enabled_are_those_that_cpuid_lists) {
    auto skylake_cpu = skylake_i5_6400t();
    auto haswell_cpu = haswell_i7_4770();
    skylake_cpu.registers = haswell_cpu.registers = {{0x345, 0}};  // no PERF_METRICS
    const decoded skylake{skylake_cpu, "IA32_PERF_GLOBAL_CTRL", 0};
    EXPECT_EQ(skylake.layout().must_be_zero, ~std::uint64_t{0x7000000FF});
    const decoded haswell{haswell_cpu, "IA32_PERF_GLOBAL_CTRL", 0};
    EXPECT_EQ(haswell.layout().must_be_zero, ~std::uint64_t{0x70000000F});
    EXPECT_FALSE(haswell.has("EN_PMC4"));
}

// The values are that machine's, and so are the watts and seconds, which another program reported.
TEST(decode, power_limits_of_a_real_machine) {
    const decoded limits{skylake_i5_6400t(), "MSR_PKG_POWER_LIMIT", 0x0042815E00158118};
    EXPECT_DOUBLE_EQ(limits.scaled("LIMIT_1.POWER_LIMIT"), 35.0);
    EXPECT_DOUBLE_EQ(limits.scaled("LIMIT_1.TIME_WINDOW"), 1.0);
    EXPECT_NEAR(limits.scaled("LIMIT_2.POWER_LIMIT"), 43.8, 0.051);
    EXPECT_NEAR(limits.scaled("LIMIT_2.TIME_WINDOW"), 2.44e-3, 0.005e-3);
    EXPECT_EQ(limits.raw("LIMIT_1.ENABLE"), 1U);
    EXPECT_EQ(limits.raw("PKG_POWER_LIMIT_LOCK"), 0U);
    EXPECT_DOUBLE_EQ(decoded(skylake_i5_6400t(), "MSR_PKG_POWER_INFO", 0x118).scaled("THERMAL_SPEC_POWER"), 35.0);
}

// SDM volume 3, 15.10.1: the units' defaults are 0.125 W, 15.3 uJ and 976 us.
TEST(decode, power_units_after_reset) {
    auto cpu = skylake_i5_6400t();
    const decoded units{cpu, "MSR_RAPL_POWER_UNIT", 0xA1003};
    EXPECT_DOUBLE_EQ(units.scaled("POWER_UNITS"), 0.125);
    EXPECT_NEAR(units.scaled("ENERGY_STATUS_UNITS"), 15.3e-6, 0.05e-6);
    EXPECT_NEAR(units.scaled("TIME_UNITS"), 976e-6, 1e-6);
    cpu.registers.back().value = 0xA1003;
    EXPECT_NEAR(decoded(cpu, "MSR_PKG_ENERGY_STATUS", 65536).scaled("TOTAL_ENERGY_CONSUMED"), 1.0, 1e-9);
    cpu.registers.clear();
    EXPECT_FALSE(decoded(cpu, "MSR_PKG_ENERGY_STATUS", 65536).scale_known("TOTAL_ENERGY_CONSUMED"));
}

TEST(decode, turbo_ratios_of_a_real_machine) {
    const decoded turbo{skylake_i5_6400t(), "MSR_TURBO_RATIO_LIMIT", 0x19191B1C};
    EXPECT_DOUBLE_EQ(turbo.scaled("MAXIMUM_RATIO_LIMIT_1C"), 2800.0);
    EXPECT_DOUBLE_EQ(turbo.scaled("MAXIMUM_RATIO_LIMIT_2C"), 2700.0);
    EXPECT_DOUBLE_EQ(turbo.scaled("MAXIMUM_RATIO_LIMIT_3C"), 2500.0);
    EXPECT_DOUBLE_EQ(turbo.scaled("MAXIMUM_RATIO_LIMIT_4C"), 2500.0);
}

TEST(decode, one_address_with_a_layout_for_each_model) {
    constexpr auto address = msr_turbo_ratio_limit::address;
    const auto intel = [](std::uint32_t version) { return cpu_of("GenuineIntel", version); };
    EXPECT_EQ(register_at(skylake_i5_6400t(), address), "MSR_TURBO_RATIO_LIMIT");
    EXPECT_EQ(register_at(intel(0x000106A5), address), "MSR_TURBO_RATIO_LIMIT@nehalem");
    EXPECT_EQ(register_at(intel(0x00050654), address), "MSR_TURBO_RATIO_LIMIT@by_core_group");
    EXPECT_EQ(register_at(intel(0x000206E6), address), "") << "Nehalem-EX has none";
    EXPECT_EQ(register_at(zen2_ryzen_3600x(), address), "");
    // Nehalem counts in 133 MHz.
    EXPECT_NEAR(decoded(intel(0x000106A5), "MSR_TURBO_RATIO_LIMIT", 24).scaled("MAXIMUM_RATIO_LIMIT_1C"), 3200.0, 0.1);
}

TEST(decode, one_address_with_two_owners) {
    constexpr auto address = ia32_arch_capabilities::address;
    const std::vector<cpuid_leaf> with_capabilities{leaf_with(cpuid::arch_capabilities, 1)};
    EXPECT_EQ(register_at(cpu_of("GenuineIntel", 0x000906EC, with_capabilities), address), "IA32_ARCH_CAPABILITIES");
    EXPECT_EQ(register_at(cpu_of("GenuineIntel", 0x000306C3), address), "");
    const auto winchip = register_at(cpu_of("CentaurHauls", 0x00000541), address);
    EXPECT_FALSE(winchip.empty());
    EXPECT_NE(winchip, "IA32_ARCH_CAPABILITIES");
}

TEST(decode, efer_on_both_vendors) {
    const decoded intel{skylake_i5_6400t(), "IA32_EFER", 0xD01};
    const decoded amd{zen2_ryzen_3600x(), "IA32_EFER", 0x1D01};
    for (const auto* efer : {&intel, &amd}) {
        EXPECT_EQ(efer->raw("SCE"), 1U);
        EXPECT_EQ(efer->raw("LME"), 1U);
        EXPECT_EQ(efer->raw("LMA"), 1U);
        EXPECT_EQ(efer->raw("NXE"), 1U);
        EXPECT_NE(efer->layout().read_only & ia32_efer::fields::lma::mask, 0U) << "LMA follows paging, not a write";
    }
    EXPECT_EQ(amd.raw("SVME"), 1U);
    EXPECT_TRUE(amd.has("FFXSR"));
    EXPECT_FALSE(intel.has("SVME"));
    EXPECT_NE(intel.layout().must_be_zero & ia32_efer::fields::svme::mask, 0U);
    EXPECT_EQ(amd.layout().must_be_zero & ia32_efer::fields::svme::mask, 0U);
}

// That machine's TjMax is 100 °C; its sensor said 4CH below it.
TEST(decode, temperature_of_a_real_machine) {
    const decoded target{skylake_i5_6400t(), "MSR_TEMPERATURE_TARGET", 0x641000};
    EXPECT_EQ(target.raw("TEMPERATURE_TARGET"), 100U);
    const decoded status{skylake_i5_6400t(), "IA32_THERM_STATUS", 0x884C0000};
    EXPECT_EQ(status.raw("READING_VALID"), 1U);
    EXPECT_EQ(target.raw("TEMPERATURE_TARGET") - status.raw("DIGITAL_READOUT"), 24U);
    EXPECT_EQ(status.raw("THERMAL_STATUS"), 0U);
}

// Two errors that many machines have logged.
TEST(decode, machine_check_errors_in_words) {
    auto intel_cpu = skylake_i5_6400t();
    intel_cpu.registers.insert(intel_cpu.registers.begin() + 1, {ia32_mcg_cap::address, 0x0F000C0A});
    const decoded intel{intel_cpu, "IA32_MC3_STATUS", 0xBE00000000800400};
    EXPECT_EQ(intel.meaning("MCACOD"), "INTERNAL_TIMER");
    for (const auto* set : {"VAL", "UC", "EN", "MISCV", "ADDRV", "PCC"})
        EXPECT_EQ(intel.raw(set), 1U) << set;
    EXPECT_EQ(intel.raw("OVER"), 0U);
    EXPECT_EQ(intel.raw("MSCOD"), 0x80U);

    const decoded amd{zen2_ryzen_3600x(), "IA32_MC5_STATUS", 0xBEA0000000000108};
    EXPECT_EQ(amd.meaning("MCACOD"), "CACHE_HIERARCHY");
    EXPECT_EQ(amd.raw("TCC"), 1U);
    EXPECT_EQ(amd.raw("SYNDV"), 1U);
    EXPECT_FALSE(amd.has("MSCOD"));
}

TEST(decode, addresses_come_back_whole) {
    const decoded lstar{skylake_i5_6400t(), "IA32_LSTAR", 0xFFFFFFFF81E00080};
    EXPECT_EQ(lstar.address("RIP"), 0xFFFFFFFF81E00080U);
    const decoded apic{skylake_i5_6400t(), "IA32_APIC_BASE", 0xFEE00900};
    EXPECT_EQ(apic.address("APIC_BASE"), 0xFEE00000U);
    EXPECT_EQ(apic.raw("BSP"), 1U);
}

}  // namespace
}  // namespace msr::profile
