// For tests: what real machines answered to CPUID, as far as the catalogue's conditions go, and some of their
// registers.
#pragma once

#include <cstdint>
#include <vector>

#include "msr/profile/profile.hpp"
#include "msr/registers/msr_platform_info.hpp"
#include "msr/registers/msr_rapl_power_unit_fractions.hpp"
#include "msr/registers/msr_temperature_target.hpp"

namespace msr::profile {

/// Intel's CPUs show SYSCALL (80000001H:EDX[11]) only to 64-bit programs; the dumps that a 32-bit one took have it set
/// here.
struct recorded_cpu {
    std::vector<cpuid_leaf> cpuid;
    std::vector<known_register> registers{};  // sorted by address

    [[nodiscard]] profile on(const catalogue::tables& facts) const { return {facts, cpuid, registers}; }
};

/// Core i5-6400T (Skylake), 35 W: InstLatx64's dump GenuineIntel00506E3_Skylake_CPUID.txt. Its header gives, from
/// another program: TjMax 100 °C; PL1 35 W for 1.00 s; PL2 43.8 W for 2.44 ms; turbo 28, 27, 25, 25 times 100 MHz.
inline recorded_cpu skylake_i5_6400t() {
    return {
        .cpuid =
            {
                {0x0, 0, {.eax = 0x00000016, .ebx = 0x756E6547, .ecx = 0x6C65746E, .edx = 0x49656E69}},
                {0x1, 0, {.eax = 0x000506E3, .ebx = 0x00100800, .ecx = 0x7FFAFBFF, .edx = 0xBFEBFBFF}},
                {0x6, 0, {.eax = 0x000007F5, .ebx = 0x00000002, .ecx = 0x00000009, .edx = 0x00000000}},
                {0x7, 0, {.eax = 0x00000000, .ebx = 0x029C67AF, .ecx = 0x00000000, .edx = 0x00000000}},
                {0xA, 0, {.eax = 0x07300804, .ebx = 0x00000000, .ecx = 0x00000000, .edx = 0x00000603}},
                {0xD, 0, {.eax = 0x0000001F, .ebx = 0x00000340, .ecx = 0x00000440, .edx = 0x00000000}},
                {0xD, 1, {.eax = 0x0000000F, .ebx = 0x00000340, .ecx = 0x00000100, .edx = 0x00000000}},
                {0x80000000, 0, {.eax = 0x80000008}},
                {0x80000001, 0, {.eax = 0x00000000, .ebx = 0x00000000, .ecx = 0x00000121, .edx = 0x2C100800}},
                {0x80000007, 0, {.edx = 0x00000100}},
                {0x80000008, 0, {.eax = 0x00003027}},
            },
        .registers = {{msr_platform_info::address, 0x0008083AF9011600},
                      {msr_temperature_target::address, 0x641000},
                      {msr_rapl_power_unit_fractions::address, 0xA0E03}},
    };
}

/// Core i7-4770 (Haswell): InstLatx64's dump GenuineIntel00306C3_Haswell_CPUID.txt.
inline recorded_cpu haswell_i7_4770() {
    return {.cpuid = {
                {0x0, 0, {.eax = 0x0000000D, .ebx = 0x756E6547, .ecx = 0x6C65746E, .edx = 0x49656E69}},
                {0x1, 0, {.eax = 0x000306C3, .ebx = 0x00100800, .ecx = 0x7FFAFBFF, .edx = 0xBFEBFBFF}},
                {0x6, 0, {.eax = 0x00000075, .ebx = 0x00000002, .ecx = 0x00000009, .edx = 0x00000000}},
                {0x7, 0, {.eax = 0x00000000, .ebx = 0x000027AB, .ecx = 0x00000000, .edx = 0x00000000}},
                {0xA, 0, {.eax = 0x07300403, .ebx = 0x00000000, .ecx = 0x00000000, .edx = 0x00000603}},
                {0x80000000, 0, {.eax = 0x80000008}},
                {0x80000001, 0, {.eax = 0x00000000, .ebx = 0x00000000, .ecx = 0x00000021, .edx = 0x2C100800}},
                {0x80000007, 0, {.edx = 0x00000100}},
                {0x80000008, 0, {.eax = 0x00003027}},
            }};
}

/// Ryzen 5 3600X (Zen 2): the dump in the tests of the crate raw-cpuid, ryzen_matisse.rs.
inline recorded_cpu zen2_ryzen_3600x() {
    return {.cpuid = {
                {0x0, 0, {.eax = 0x00000010, .ebx = 0x68747541, .ecx = 0x444D4163, .edx = 0x69746E65}},
                {0x1, 0, {.eax = 0x00870F10, .ebx = 0x000C0800, .ecx = 0x7ED8320B, .edx = 0x178BFBFF}},
                {0x6, 0, {.eax = 0x00000004, .ebx = 0x00000000, .ecx = 0x00000001, .edx = 0x00000000}},
                {0x7, 0, {.eax = 0x00000000, .ebx = 0x219C91A9, .ecx = 0x00400004, .edx = 0x00000000}},
                {0x80000000, 0, {.eax = 0x80000020, .ebx = 0x68747541, .ecx = 0x444D4163, .edx = 0x69746E65}},
                {0x80000001, 0, {.eax = 0x00870F10, .ebx = 0x20000000, .ecx = 0x75C237FF, .edx = 0x2FD3FBFF}},
                {0x80000007, 0, {.eax = 0x00000000, .ebx = 0x0000001B, .ecx = 0x00000000, .edx = 0x00006799}},
                {0x80000008, 0, {.eax = 0x00003030, .ebx = 0x010EB757, .ecx = 0x0000700B, .edx = 0x00010000}},
                {0x8000000A, 0, {.eax = 0x00000001, .ebx = 0x00008000, .ecx = 0x00000000, .edx = 0x0013BCFF}},
            }};
}

/// CPUID's answer that has a value at a place (msr/registers/cpuid.hpp), which was 0, and is otherwise as it was.
inline cpuid_answer answer_with(const catalogue::cpuid_bits& where, std::uint32_t value, cpuid_answer answer = {}) {
    answer.*catalogue::member_of(where.reg) |= value << where.lsb;
    return answer;
}

/// A leaf that says no more than this.
inline cpuid_leaf leaf_with(const catalogue::cpuid_bits& where, std::uint32_t value) {
    return {where.leaf, where.subleaf, answer_with(where, value)};
}

/// A CPU of which only the vendor and CPUID.1:EAX matter.
inline recorded_cpu cpu_of(const char (&signature)[13], std::uint32_t version, std::vector<cpuid_leaf> more = {}) {
    const auto word = [&](int from) {
        std::uint32_t result = 0;
        for (int letter = 3; letter >= 0; --letter)
            result = result << 8U | static_cast<unsigned char>(signature[from + letter]);
        return result;
    };
    more.push_back({0, 0, {.eax = 0x20, .ebx = word(0), .ecx = word(8), .edx = word(4)}});
    more.push_back({1, 0, {.eax = version}});
    return {.cpuid = std::move(more)};
}

}  // namespace msr::profile
