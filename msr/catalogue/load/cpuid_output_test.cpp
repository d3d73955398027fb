// The output of the tool cpuid: as it is, of several CPUs, and damaged.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "msr/catalogue/built_in.hpp"
#include "msr/catalogue/load/profiles.hpp"
#include "msr/catalogue/load/test_catalogue.hpp"
#include "msr/profile/profile.hpp"

namespace msr::catalogue::load {
namespace {

constexpr std::string_view of_cpuid = R"(CPU 0:
   0x00000000 0x00: eax=0x00000016 ebx=0x756e6547 ecx=0x6c65746e edx=0x49656e69
   0x00000001 0x00: eax=0x00050654 ebx=0x00400800 ecx=0x7ffefbff edx=0xbfebfbff
   0x00000007 0x01: eax=0x00001c30 ebx=0x00000000 ecx=0x00000000 edx=0x00000000
CPU 1:
   0x00000000 0x00: eax=0x00000001 ebx=0x00000002 ecx=0x00000003 edx=0x00000004
)";

TEST(cpuid_output, gives_the_first_cpu_and_says_so) {
    const auto cpu = load_cpuid_output("dump", of_cpuid);
    ASSERT_TRUE(cpu) << in_words(cpu.error());
    ASSERT_EQ(cpu->cpuid.size(), 3);
    EXPECT_EQ(find(cpu->cpuid, 7, 1).eax, 0x1C30);
    EXPECT_EQ(find(cpu->cpuid, 0, 0), (cpuid_answer{0x16, 0x756E6547, 0x6C65746E, 0x49656E69}));
    ASSERT_EQ(cpu->sources.size(), 1);
    EXPECT_NE(cpu->sources[0].find("the first of 2 CPUs"), std::string::npos);
}

TEST(cpuid_output, is_told_by_its_first_line) {
    EXPECT_TRUE(is_cpuid_output("CPU:\n   0x0"));
    EXPECT_TRUE(is_cpuid_output("\n CPU 12:\r\n"));
    EXPECT_FALSE(is_cpuid_output("profile: x\n"));
    EXPECT_FALSE(is_cpuid_output("CPUs: 3\n"));
    EXPECT_FALSE(is_cpuid_output(""));
}

TEST(cpuid_output, of_the_real_tool_is_read_whole) {
    std::ifstream file{"msr/catalogue/load/testdata/cpuid-r-1.txt"};
    ASSERT_TRUE(file);
    std::stringstream text;
    text << file.rdbuf();
    const auto cpu = load_cpuid_output("cpuid-r-1.txt", text.str());
    ASSERT_TRUE(cpu) << in_words(cpu.error());
    const auto lines = text.str();
    EXPECT_EQ(cpu->cpuid.size() + 1, static_cast<std::size_t>(std::ranges::count(lines, '\n')));
    const profile::profile meaning{built_in(), cpu->cpuid, {}};
    EXPECT_TRUE(meaning.vendor_name() == "intel");
    EXPECT_EQ(meaning.model(), 0xCF);
    EXPECT_TRUE(meaning.has("hypervisor") && meaning.has("kvm"));
    EXPECT_TRUE(cpu->sources[0].find("the first of") == std::string::npos);
}

TEST(cpuid_output, damaged_is_refused_in_its_line) {
    const auto line_of = [](std::string_view text) {
        const auto cpu = load_cpuid_output("dump", text);
        if (cpu) return 0;
        EXPECT_EQ(cpu.error().size(), 1);
        return cpu.error().front().line;
    };
    constexpr std::string_view leaf = "0x00000000 0x00: eax=0x00000016 ebx=0x756e6547 ecx=0x6c65746e edx=0x49656e69\n";
    const auto lines = [&](std::string_view first, std::string_view second) {
        return std::string{first} + std::string{leaf} + std::string{second};
    };
    EXPECT_EQ(line_of(lines("CPU 0:\n", "")), 0);
    EXPECT_EQ(line_of(leaf), 1);
    EXPECT_EQ(line_of(lines("CPU 0:\n", leaf)), 3);
    EXPECT_EQ(line_of(lines("CPU 0:\n", "0x00000001 0x00: eax=0x00000016 ebx=0x756e6547 ecx=0x6c65746e\n")), 3);
    EXPECT_EQ(line_of(lines("CPU 0:\n", "0x00000001 0x00: eax=0x1 ebx=0x2 ecx=0x3 edx=0x100000000\n")), 3);
    EXPECT_EQ(line_of(lines("CPU 0:\n", "0x00000001 0x00: eax=0x1 ebx=0x2 ecx=0x3 edx=0x4 more\n")), 3);
    EXPECT_EQ(line_of(lines("CPU 0:\n", "\nCPU 1:\nrubbish\n")), 5);
    EXPECT_NE(line_of("CPU 0:\n"), 0);
}

}  // namespace
}  // namespace msr::catalogue::load
