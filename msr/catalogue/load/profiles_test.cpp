// CPUs from files: what a profile says becomes CPUID, and what cannot be true of a CPU is refused in its line.
#include "msr/catalogue/load/profiles.hpp"

#include "msr/catalogue/built_in.hpp"
#include "msr/catalogue/load/test_catalogue.hpp"
#include "msr/profile/profile.hpp"
#include "msr/registers/ia32_arch_capabilities.hpp"
#include "msr/registers/ia32_mtrrcap.hpp"
#include "msr/registers/ia32_vmx_procbased_ctls.hpp"

namespace msr::catalogue::load {
namespace {

std::expected<cpu_description, problems> read(std::string_view yaml) {
    return load_profile("cpu.yaml", std::string{yaml}, built_in());
}

/// A problem on each line marked "# here", each saying `why`.
testing::AssertionResult refused_as(std::string_view yaml, std::string_view why) {
    const auto cpu = read(yaml);
    if (cpu) return testing::AssertionFailure() << "it was accepted";
    std::multiset<int> lines;
    bool said = true;
    for (const auto& one : cpu.error()) {
        lines.insert(one.line);
        said = said && one.message.find(why) != std::string::npos;
    }
    if (said && lines == marked_lines(yaml)) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "instead of \"" << why << "\":" << in_words(cpu.error());
}

constexpr std::string_view small = R"(
profile: small
title: A small CPU
vendor: amd
family: 0x1A
model: 0x44
stepping: 3
quantities: {MAXPHYADDR: 44, LINEAR_ADDRESS_WIDTH: 57}
features: [msr, apic, xsave, xsaves, long_mode, la57]
cpuid: {07H.2: [0, 0, 0, 0x10], 15H: [1, 2, 3, 4]}
registers: {IA32_MTRRCAP: 0x508, 0x10A: 0x2b, 0x482: 0xfff9fffe04006172}
source: [made up]
)";

TEST(profiles, names_become_cpuid) {
    const auto cpu = read(small);
    ASSERT_TRUE(cpu) << in_words(cpu.error());
    const profile::profile meaning{built_in(), cpu->cpuid, cpu->registers};
    EXPECT_TRUE(meaning.vendor_name() == "amd");
    EXPECT_EQ(meaning.family(), 0x1A);
    EXPECT_EQ(meaning.model(), 0x44);
    EXPECT_EQ(meaning.stepping(), 3);
    EXPECT_EQ(meaning.linear_width(), 57);
    for (const auto* const there : {"msr", "apic", "xsave", "xsaves", "long_mode", "la57", "bhi_ctrl"})
        EXPECT_TRUE(meaning.has(text{there, std::string_view{there}.size()})) << there;
    for (const auto* const absent : {"fred", "sep", "svm", "hypervisor"})
        EXPECT_FALSE(meaning.has(text{absent, std::string_view{absent}.size()})) << absent;
    EXPECT_EQ(find(cpu->cpuid, 0x15, 0), (cpuid_answer{1, 2, 3, 4}));
    EXPECT_EQ(meaning.register_value(ia32_mtrrcap::address), 0x508);
    EXPECT_EQ(meaning.register_value(ia32_arch_capabilities::address), 0x2B);
    EXPECT_EQ(meaning.register_value(ia32_vmx_procbased_ctls::address), 0xFFF9FFFE04006172);
    // The ranges of leaves end where the profile's end.
    EXPECT_EQ(find(cpu->cpuid, 0, 0).eax, 0x15);
    EXPECT_EQ(find(cpu->cpuid, 0x80000000, 0).eax, 0x80000008);
    EXPECT_TRUE(
        std::ranges::is_sorted(cpu->cpuid, {}, [](const cpuid_leaf& one) { return std::pair{one.leaf, one.subleaf}; }));
}

TEST(profiles, leaves_alone_are_enough_and_stay_as_they_are) {
    const auto cpu = read("profile: raw\ntitle: Raw\ncpuid: {07H.1: [0x20000, 0, 0, 0], 01H: [0x806F8, 0, 0, 0]}\n");
    ASSERT_TRUE(cpu) << in_words(cpu.error());
    // FRED without LKGS: no CPU should, but a machine may show it, and what it shows is not judged.
    EXPECT_EQ(cpu->cpuid, (std::vector<cpuid_leaf>{{1, 0, {.eax = 0x806F8}}, {7, 1, {.eax = 0x20000}}}));
}

TEST(profiles, all_features_but_some) {
    const auto cpu = read(R"(
profile: most
title: Most
vendor: intel
family: 6
model: 0x55
stepping: 0
features: all
without: [fred, nmi_source, 8000000AH, "80000008H:EBX", 80000021H]
)");
    ASSERT_TRUE(cpu) << in_words(cpu.error());
    const profile::profile meaning{built_in(), cpu->cpuid, {}};
    for (const auto& one : built_in().features) {
        if (!has_bit_of_its_own(one.where)) continue;
        const bool left_out = one.name == "fred" || one.name == "nmi_source" || one.where.leaf == 0x8000000A ||
                              one.where.leaf == 0x80000021 ||
                              (one.where.leaf == 0x80000008 && one.where.reg == cpuid_register::ebx);
        EXPECT_EQ(meaning.has(one.name), !left_out) << std::string_view{one.name};
    }
    EXPECT_FALSE(meaning.has("kvm"));
}

TEST(profiles, what_a_leaf_says_a_name_may_repeat) {
    const auto cpu = read(R"(
profile: both
title: Both
vendor: intel
family: 6
model: 0x8F
stepping: 8
quantities: {MAXPHYADDR: 46}
features: [msr, long_mode]
without: [apic]
cpuid:
  00H: [0x20, 0x756E6547, 0x6C65746E, 0x49656E69]
  01H: [0x000806F8, 0, 0, 0x20]
  80000008H: [0x392E, 0, 0, 0]
)");
    ASSERT_TRUE(cpu) << in_words(cpu.error());
    EXPECT_EQ(find(cpu->cpuid, 0, 0).eax, 0x20);
}

// ---- what cannot be

constexpr std::string_view head = "profile: x1\ntitle: Test\nvendor: intel\nfamily: 6\nmodel: 1\nstepping: 1\n";

testing::AssertionResult refused_with_head(const std::string& rest, std::string_view why) {
    return refused_as(std::string{head} + rest, why);
}

TEST(profiles, refuse_unknown_names_with_the_nearest) {
    EXPECT_TRUE(refused_with_head("features:\n - msr\n - fredd # here\n", "the nearest are fred,"));
    EXPECT_TRUE(refused_with_head("quantities:\n  MAXPHYADR: 40 # here\n", "the nearest are MAXPHYADDR,"));
    EXPECT_TRUE(refused_with_head("registers:\n  IA32_MTRRCPA: 1 # here\n", "the nearest are IA32_MTRRCAP,"));
    EXPECT_TRUE(refused_as("profile: x1\ntitle: Test\nvendor: intle # here\nfamily: 6\nmodel: 1\nstepping: 1\n",
                           "the nearest are intel,"));
}

TEST(profiles, refuse_features_that_cannot_be_chosen) {
    const auto loaded = load_overlay("features: [{name: ours, title: Ours, condition: msr and fred}]", built_in());
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    const auto derived = load_profile("cpu.yaml", std::string{head} + "features: [ours]\n", loaded->tables());
    ASSERT_FALSE(derived);
    EXPECT_EQ(derived.error().front().line, 7);
    EXPECT_NE(derived.error().front().message.find("it follows from `msr and fred`"), std::string::npos);
    EXPECT_TRUE(refused_with_head("features: [kvm_clock] # here\n", "a hypervisor announces it"));
    EXPECT_TRUE(refused_with_head("features: [msr]\nwithout: [3FH] # here\n", "no feature stands in 3FH"));
}

TEST(profiles, refuse_features_without_what_they_need) {
    EXPECT_TRUE(read(std::string{head} + "features: [fred, lkgs, long_mode]\n"));
    EXPECT_TRUE(refused_with_head("features:\n - long_mode\n - fred # here\n", "`fred` needs `lkgs`"));
    EXPECT_TRUE(refused_with_head("features:\n - la57 # here\n", "`la57` needs `long_mode`"));
    EXPECT_TRUE(refused_with_head("features: all # here\nwithout:\n - lkgs\n", "`fred` needs `lkgs`"));
}

TEST(profiles, refuse_a_width_out_of_range) {
    EXPECT_TRUE(refused_with_head("quantities: {MAXPHYADDR: 53} # here\n", "MAXPHYADDR is 32 to 52, not 53"));
    EXPECT_TRUE(refused_with_head("quantities: {MAXPHYADDR: 31} # here\n", "MAXPHYADDR is 32 to 52, not 31"));
    EXPECT_TRUE(refused_with_head("quantities: {LINEAR_ADDRESS_WIDTH: 50} # here\n",
                                  "LINEAR_ADDRESS_WIDTH is 32, 48, 57, not 50"));
}

TEST(profiles, refuse_a_leaf_or_register_twice) {
    EXPECT_TRUE(refused_with_head("cpuid:\n  07H: [0, 0, 0, 0]\n  07H.0: [0, 0, 0, 0] # here\n", "stands twice"));
    EXPECT_TRUE(refused_with_head("registers:\n  IA32_MTRRCAP: 1\n  0xFE: 1 # here\n", "stands twice"));
    EXPECT_TRUE(refused_with_head("registers:\n  IA32_MTRR_PHYSBASE: 1 # here\n", "write its address"));
    EXPECT_TRUE(refused_with_head("registers:\n  IA32_MTRRCAP.VCNT: 1 # here\n", "write its address"));
}

TEST(profiles, refuse_names_that_contradict_a_leaf) {
    EXPECT_TRUE(refused_with_head("features:\n - msr\n - apic # here\ncpuid: {01H: [0x00000611, 0, 0, 0x20]}\n",
                                  "`apic` contradicts what is said of 01H:EDX[9]"));
    EXPECT_TRUE(refused_with_head("features: [apic]\nwithout: [msr] # here\ncpuid: {01H: [0x611, 0, 0, 0x220]}\n",
                                  "the absence of `msr` contradicts"));
    EXPECT_TRUE(refused_with_head("quantities: {MAXPHYADDR: 40} # here\ncpuid: {80000008H: [0x3027, 0, 0, 0]}\n",
                                  "contradicts what is said of 80000008H:EAX[7..0]"));
    EXPECT_TRUE(
        refused_as("profile: x1\ntitle: Test\nvendor: amd # here\nfamily: 6 # here\nmodel: 1\nstepping: 1\n"
                   "cpuid: {00H: [1, 0x756E6547, 0x6C65746E, 0x49656E69], 01H: [0x621, 0, 0, 0]}\n",
                   "contradicts"));
    EXPECT_TRUE(refused_with_head("quantities: {LBR_DEPTHS: 1}\nfeatures: [lbr_depth_16] # here\n", "contradicts"));
}

TEST(profiles, refuse_versions_that_cpuid_cannot_say) {
    EXPECT_TRUE(refused_as("profile: x1\ntitle: Test\nvendor: intel\nfamily: 5 # here\nmodel: 0x10\nstepping: 1\n",
                           "CPUID cannot say"));
}

TEST(profiles, have_a_strict_form) {
    EXPECT_TRUE(refused_with_head("widths: 1 # here\n", "unknown key `widths`"));
    EXPECT_TRUE(refused_as("profile: Big # here\ntitle: Test\ncpuid: {00H: [0, 0, 0, 0]}\n", ""));
    EXPECT_TRUE(refused_as("profile: host # here\ntitle: Test\ncpuid: {00H: [0, 0, 0, 0]}\n", "cannot be called"));
    EXPECT_TRUE(refused_with_head("cpuid:\n  00H: [0, 0, 0] # here\n", ""));
    EXPECT_TRUE(refused_with_head("cpuid:\n  0x7: [0, 0, 0, 0] # here\n", "unknown key"));
    EXPECT_TRUE(refused_with_head("features: some # here\n", ""));
    EXPECT_TRUE(refused_with_head("registers: {IA32_MTRRCAP: 0x10000000000000000} # here\n", ""));
    EXPECT_FALSE(read("profile: nothing\ntitle: Nothing\n"));
    EXPECT_FALSE(read("just words"));
    EXPECT_FALSE(read(""));
}

// ---- beside the catalogue

TEST(profiles, of_a_folder_stand_in_the_tables_after_the_built_in_ones) {
    const auto loaded = load_overlay(small, built_in());
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    const auto& profiles = loaded->tables().profiles;
    ASSERT_EQ(profiles.size(), built_in().profiles.size() + 1);
    EXPECT_TRUE(profiles[profiles.size() - 1].name == "small");
    const auto alone = read(small);
    EXPECT_TRUE(std::ranges::equal(profiles[profiles.size() - 1].cpuid, alone->cpuid));
    const auto& known = built_in().profiles[0].name;
    const auto again = "profile: " + std::string{std::string_view{known}} + " # here\ntitle: Test\nvendor: intel\n" +
                       "family: 6\nmodel: 1\nstepping: 1\n";
    EXPECT_TRUE(refused(load_overlay(again, built_in()), again, "is defined twice"));
}

TEST(profiles, that_ship_are_what_their_names_say) {
    struct expectation {
        std::string_view profile;
        std::string_view processor;
        bool fred;
        unsigned linear_width;
    };
    constexpr expectation all[]{
        {"skylake-sp", "skylake_server", false, 48},
        {"ice-lake-sp", "ice_lake_server", false, 57},
        {"sapphire-rapids", "sapphire_rapids", false, 57},
        {"panther-lake", "panther_lake", true, 48},
        {"zen-2", "zen2", false, 48},
        {"zen-3", "zen3", false, 48},
        {"zen-4", "zen4", false, 57},
        {"zen-5", "zen5", false, 57},
    };
    for (const auto& wanted : all) {
        const auto one =
            std::ranges::find_if(built_in().profiles, [&](const auto& it) { return it.name == wanted.profile; });
        ASSERT_NE(one, built_in().profiles.end()) << wanted.profile;
        const profile::profile cpu{built_in(), one->cpuid, one->registers};
        std::set<std::string_view> processors;
        for (std::uint32_t at = 0; at < built_in().processors.size(); ++at) {
            if (cpu.processors(at)) processors.insert(built_in().processors[at].name);
        }
        EXPECT_TRUE(processors.contains(wanted.processor)) << wanted.profile;
        EXPECT_EQ(cpu.has("fred"), wanted.fred) << wanted.profile;
        EXPECT_EQ(cpu.linear_width(), wanted.linear_width) << wanted.profile;
        EXPECT_TRUE(cpu.has("long_mode") && cpu.has("syscall") && !cpu.has("hypervisor")) << wanted.profile;
        EXPECT_FALSE(one->sources.empty());
    }
}

// ---- the encodings

TEST(cpu_version, encodes_what_it_decodes) {
    for (const std::uint32_t eax : {0x50654U, 0x806F8U, 0x870F10U, 0xB00F21U, 0x543U, 0xF4AU})
        EXPECT_EQ(encode_version(decode_version(eax)), eax);
    EXPECT_EQ(decode_version(0x806F8), (version{6, 0x8F, 8}));
    EXPECT_EQ(decode_version(0xB00F21), (version{0x1A, 0x02, 1}));
    EXPECT_NE(decode_version(encode_version({5, 0x10, 0})), (version{5, 0x10, 0}));
}

}  // namespace
}  // namespace msr::catalogue::load
