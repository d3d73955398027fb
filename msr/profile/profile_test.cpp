#include "msr/profile/profile.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/host/cpuid_reader.hpp"
#include "msr/profile/recorded_cpus.hpp"
#include "msr/registers/cpuid.hpp"
#include "msr/registers/msr_rapl_power_unit_fractions.hpp"

namespace msr::profile {
namespace {

using catalogue::built_in;

std::uint32_t quantity(const profile& cpu, std::string_view name) {
    for (std::uint32_t index = 0; index < built_in().quantities.size(); ++index) {
        if (built_in().quantities[index].name == name) return cpu.quantity(index);
    }
    ADD_FAILURE() << name;
    return 0;
}

bool is(const profile& cpu, std::string_view processor) {
    for (std::uint32_t index = 0; index < built_in().processors.size(); ++index) {
        if (built_in().processors[index].name == processor) return cpu.processors(index);
    }
    ADD_FAILURE() << processor;
    return false;
}

// SDM volume 2, CPUID, figure 3-6 and the text below it; APM volume 3, CPUID Fn0000_0001_EAX.
TEST(profile, family_model_and_stepping) {
    struct numbers {
        std::uint32_t version;
        std::uint32_t family;
        std::uint32_t model;
        std::uint32_t stepping;
    };
    const numbers all[]{
        {0x000306C3, 0x06, 0x3C, 3},  // Haswell
        {0x00050654, 0x06, 0x55, 4},  // Skylake-SP
        {0x00000F41, 0x0F, 0x04, 1},  // Prescott
        {0x00800F12, 0x17, 0x01, 2},  // Zen
        {0x00A20F10, 0x19, 0x21, 0},  // Zen 3
        {0x00B40F40, 0x1A, 0x44, 0},  // Zen 5
        {0x00600F12, 0x15, 0x01, 2},  // Bulldozer
        {0x00000543, 0x05, 0x04, 3},  // Pentium: the extended fields do not count
        {0x00110543, 0x05, 0x04, 3},  //
    };
    for (const auto& [version, family, model, stepping] : all) {
        const auto recorded = cpu_of("GenuineIntel", version);
        const auto cpu = recorded.on(built_in());
        EXPECT_EQ(cpu.family(), family) << std::hex << version;
        EXPECT_EQ(cpu.model(), model) << std::hex << version;
        EXPECT_EQ(cpu.stepping(), stepping) << std::hex << version;
    }
}

// KX-U6780A says 000307B0H, and Linux and its maker call it family 7, model 3BH.
TEST(profile, zhaoxins_family_7_has_an_extended_model) {
    const auto recorded = cpu_of("  Shanghai  ", 0x000307B0);
    const auto cpu = recorded.on(built_in());
    EXPECT_EQ(cpu.family(), 7U);
    EXPECT_EQ(cpu.model(), 0x3BU);
}

TEST(profile, vendors) {
    EXPECT_TRUE(skylake_i5_6400t().on(built_in()).vendor_name() == "intel");
    EXPECT_TRUE(zen2_ryzen_3600x().on(built_in()).vendor_name() == "amd");
    EXPECT_TRUE(cpu_of("HygonGenuine", 0x00900F02).on(built_in()).vendor_name() == "amd");
    EXPECT_TRUE(cpu_of("GenuineIotel", 0x000306C3).on(built_in()).vendor_name().empty());
}

TEST(profile, processors_by_number) {
    const auto haswell = haswell_i7_4770();
    EXPECT_TRUE(is(haswell.on(built_in()), "haswell"));
    EXPECT_FALSE(is(haswell.on(built_in()), "skylake"));
    const auto zen2 = zen2_ryzen_3600x();
    EXPECT_TRUE(is(zen2.on(built_in()), "zen2"));
    EXPECT_TRUE(is(zen2.on(built_in()), "zen_or_later"));
    EXPECT_FALSE(is(zen2.on(built_in()), "zen"));
    // Skylake-SP, Cascade Lake and Cooper Lake share model 55H, and differ by stepping.
    EXPECT_TRUE(is(cpu_of("GenuineIntel", 0x00050654).on(built_in()), "skylake_server"));
    EXPECT_FALSE(is(cpu_of("GenuineIntel", 0x00050657).on(built_in()), "skylake_server"));
    // The same numbers from another vendor are another processor.
    EXPECT_FALSE(is(cpu_of("AuthenticAMD", 0x000306C3).on(built_in()), "haswell"));
}

TEST(profile, features_of_recorded_machines) {
    const auto skylake_recorded = skylake_i5_6400t();
    const auto skylake = skylake_recorded.on(built_in());
    for (const auto* present : {"vmx", "smx", "x2apic", "tsc_deadline", "mtrr", "pat", "syscall", "nx", "fsgsbase",
                                "hwp", "tsc_adjust", "pdcm"}) {
        EXPECT_TRUE(skylake.has(text{present, std::string_view{present}.size()})) << present;
    }
    for (const auto* absent : {"svm", "arch_capabilities", "fred", "cet_ss", "rtm", "kvm"}) {
        EXPECT_FALSE(skylake.has(text{absent, std::string_view{absent}.size()})) << absent;
    }
    const auto zen2_recorded = zen2_ryzen_3600x();
    const auto zen2 = zen2_recorded.on(built_in());
    for (const auto* present : {"svm", "rdtscp", "mca", "smca", "hw_pstate"}) {
        EXPECT_TRUE(zen2.has(text{present, std::string_view{present}.size()})) << present;
    }
    EXPECT_FALSE(zen2.has("vmx"));
}

TEST(profile, quantities_and_their_fallbacks) {
    EXPECT_EQ(quantity(skylake_i5_6400t().on(built_in()), "MAXPHYADDR"), 39U);
    EXPECT_EQ(quantity(zen2_ryzen_3600x().on(built_in()), "MAXPHYADDR"), 48U);
    EXPECT_EQ(quantity(skylake_i5_6400t().on(built_in()), "GENERAL_COUNTERS"), 8U);
    EXPECT_EQ(quantity(haswell_i7_4770().on(built_in()), "FIXED_COUNTERS"), 3U);
    // SDM volume 3, 4.1.4: without the leaf, 36 bits if PAE is there.
    EXPECT_EQ(quantity(cpu_of("GenuineIntel", 0x000006F6).on(built_in()), "MAXPHYADDR"), 36U);
    // What no CPU can have is cut to what one can: the tiling was checked for that.
    EXPECT_EQ(quantity(cpu_of("GenuineIntel", 0x000306C3, {leaf_with(cpuid::maxphyaddr.where, 0xFF)}).on(built_in()),
                       "MAXPHYADDR"),
              52U);
}

constexpr cpuid_leaf hyperv_base{
    0x40000000, 0, {.eax = 0x40000006, .ebx = 0x7263694D, .ecx = 0x666F736F, .edx = 0x76482074}};
constexpr cpuid_answer kvm_base{.eax = 0x40000101, .ebx = 0x4B4D564B, .ecx = 0x564B4D56, .edx = 0x0000004D};

cpuid_answer kvm_clock() {
    const auto place = std::ranges::find(built_in().features, "kvm_clock2", &catalogue::feature_entry::name);
    return answer_with(place->where, 1);
}

TEST(profile, a_hypervisors_leaves_are_where_its_signature_is) {
    const auto alone = cpu_of("GenuineIntel", 0x000306C3, {{0x40000000, 0, kvm_base}, {0x40000001, 0, kvm_clock()}});
    EXPECT_TRUE(alone.on(built_in()).has("kvm"));
    EXPECT_TRUE(alone.on(built_in()).has("kvm_clock2"));
    EXPECT_FALSE(alone.on(built_in()).has("hyperv"));
    // KVM behind Hyper-V's enlightenments: its leaves move up by 100H.
    const auto behind = cpu_of(
        "GenuineIntel", 0x000306C3,
        {hyperv_base, {0x40000001, 0, {.eax = 0x31237648}}, {0x40000100, 0, kvm_base}, {0x40000101, 0, kvm_clock()}});
    EXPECT_TRUE(behind.on(built_in()).has("hyperv"));
    EXPECT_TRUE(behind.on(built_in()).has("kvm"));
    EXPECT_TRUE(behind.on(built_in()).has("kvm_clock2"));
    const auto without_clock =
        cpu_of("GenuineIntel", 0x000306C3, {hyperv_base, {0x40000001, 0, kvm_clock()}, {0x40000100, 0, kvm_base}});
    EXPECT_FALSE(without_clock.on(built_in()).has("kvm_clock2")) << "that leaf is Hyper-V's";
}

TEST(profile, a_signature_counts_whole) {
    auto damaged = kvm_base;
    damaged.edx = 0x004D004D;
    const auto recorded = cpu_of("GenuineIntel", 0x000306C3, {{0x40000000, 0, damaged}});
    EXPECT_FALSE(recorded.on(built_in()).has("kvm"));
}

TEST(profile, known_registers) {
    const auto recorded = skylake_i5_6400t();
    const auto cpu = recorded.on(built_in());
    using units = msr_rapl_power_unit_fractions;
    using energy = units::fields::energy_status_units;
    EXPECT_EQ(cpu.register_value(units::address), 0xA0E03U);
    EXPECT_EQ(cpu.register_bits(units::address, energy::msb, energy::lsb), 0xEU);
    EXPECT_FALSE(cpu.register_value(units::address + 1));
    EXPECT_FALSE(cpu.register_value(0));
    EXPECT_FALSE(cpu.register_value(0xFFFFFFFF));
}

TEST(profile, of_this_machine) {
    const auto leaves = host::collect_cpuid(host::native_cpuid);
    const profile cpu{built_in(), leaves, {}};
    EXPECT_FALSE(cpu.vendor_name().empty());
    EXPECT_GE(cpu.family(), 6U);
    EXPECT_TRUE(cpu.has("msr"));
    EXPECT_TRUE(cpu.has("long_mode")) << "this program has 64 bits";
    EXPECT_GE(quantity(cpu, "MAXPHYADDR"), 36U);
    EXPECT_GE(quantity(cpu, "LINEAR_ADDRESS_WIDTH"), 48U);
}

TEST(profile, of_nothing_at_all) {
    const profile cpu{built_in(), {}, {}};
    EXPECT_TRUE(cpu.vendor_name().empty());
    EXPECT_EQ(cpu.family(), 0U);
    EXPECT_FALSE(cpu.has("msr"));
    EXPECT_FALSE(cpu.has("no such feature"));
}

}  // namespace
}  // namespace msr::profile
