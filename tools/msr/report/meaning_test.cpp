// What whole values say: the manuals' worked examples, and values that real machines showed.

#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/registers/ia32_mcg_cap.hpp"
#include "msr/registers/ia32_mci_addr.hpp"
#include "msr/registers/ia32_mtrr_physbase.hpp"
#include "msr/registers/ia32_mtrr_physmask.hpp"
#include "msr/registers/msr_rapl_power_unit_fractions.hpp"
#include "msr/registers/msr_temperature_target_nehalem.hpp"
#include "tools/msr/report/recording.hpp"

namespace tool::report {
namespace {

// Without a machine: the register alone.
std::string alone(std::string_view name, std::uint64_t value) {
    const auto targets = catalogue::find_by_name(catalogue::built_in(), name);
    if (!targets || targets->empty()) return "no such register";
    return joined(meanings{catalogue::built_in(), nullptr}.of(targets->front(), value, std::nullopt), "; ");
}

// SDM volume 3, 12.11.3: 96 MiB of memory with ranges of 64 and 32 MiB, there below 36 address bits, here below 40.
TEST(meaning_memory, a_range_is_base_and_mask) {
    recording machine{haswell};
    machine.set_member(1, msr::ia32_mtrr_physbase{0x4000006}).set_member(1, msr::ia32_mtrr_physmask{0xFFFE000800});
    EXPECT_EQ(machine.meaning("IA32_MTRR_PHYSBASE1", 0x4000006), "WB 0x4000000 + 32 MiB");
    EXPECT_EQ(machine.meaning("IA32_MTRR_PHYSMASK1", 0xFFFE000800), "WB 0x4000000 + 32 MiB");
    EXPECT_EQ(machine.meaning("IA32_MTRR_PHYSMASK1", 0xFFE000800),
              "WB 0x4000000 + 32 MiB (whatever address bits 39..36 are)");
    EXPECT_EQ(machine.meaning("IA32_MTRR_PHYSMASK1", 0x7FFE000800),
              "WB 0x4000000 + 32 MiB (whatever address bit 39 is)");
    EXPECT_EQ(machine.meaning("IA32_MTRR_PHYSMASK1", 0xFFFE000000), "not in use: IA32_MTRR_PHYSMASK1.V is 0");
}

TEST(meaning_memory, half_of_a_pair_says_what_is_missing) {
    EXPECT_EQ(alone("IA32_MTRR_PHYSMASK0", 0xFFE000800), "32 MiB long; the base could not be read");
    EXPECT_EQ(alone("IA32_MTRR_PHYSBASE0", 0x4000006),
              "WB from 0x4000000 on; the mask, which says how far, could not be read");
    EXPECT_EQ(alone("IA32_MTRR_PHYSMASK0", 0xFF0FF000800),
              "under the broken mask 0xff0ff000000; the base could not be read");
}

TEST(meaning_memory, fixed_ranges_have_the_addresses_of_their_names) {
    EXPECT_EQ(alone("IA32_MTRR_FIX64K_00000", 0x0606060606060606), "WB 0x0 + 512 KiB");
    EXPECT_EQ(alone("IA32_MTRR_FIX16K_A0000", 0), "UC 0xa0000 + 128 KiB");
    EXPECT_EQ(alone("IA32_MTRR_FIX4K_C8000", 0x05050505), "WP 0xc8000 + 16 KiB, UC 0xcc000 + 16 KiB");
    EXPECT_EQ(alone("IA32_MTRR_FIX4K_F8000", 0x0506050505050505),
              "WP 0xf8000 + 24 KiB, WB 0xfe000 + 4 KiB, WP 0xff000 + 4 KiB");
}

TEST(meaning_memory, the_pat_after_reset_is_in_words) {
    EXPECT_EQ(alone("IA32_PAT", 0x0007040600070406), "entries 0 to 7: WB WT UC- UC WB WT UC- UC");
}

// Of mcelog and kernel logs; the codes by SDM volume 3, 16.9.2.
TEST(meaning_machine_check, compound_codes_are_taken_apart) {
    EXPECT_EQ(alone("IA32_MC7_STATUS", 0x8C00004000010091),
              "a corrected error: memory controller, read, channel 1, at the address in the bank's ADDR");
    EXPECT_EQ(alone("IA32_MC8_STATUS", 0x88000040000200CF),
              "a corrected error: memory controller, scrub, channel not specified");
    EXPECT_EQ(alone("IA32_MC0_STATUS", 0xB200000000000E0F),
              "an uncorrected error that may have corrupted the CPU's state: bus or interconnect, no particular "
              "participant, no particular request, neither memory nor I/O, no particular level");
    EXPECT_EQ(alone("IA32_MC1_STATUS", 0x9000000000001150),
              "a corrected error: cache or memory hierarchy, further corrected errors are not reported, instruction "
              "fetch, instructions, level 0");
    EXPECT_EQ(alone("IA32_MC2_STATUS", 0x9000000000000014), "a corrected error: TLB, data, level 0");
    EXPECT_EQ(
        alone("IA32_MC3_STATUS", 0xBE00000000000400),
        "an uncorrected error that may have corrupted the CPU's state: internal timer, at the address in the bank's "
        "ADDR");
    EXPECT_EQ(alone("IA32_MC0_STATUS", 0x8000000000001005), "a corrected error: error code 0x1005");
    EXPECT_EQ(alone("IA32_MC0_STATUS", 0), "the bank holds no error");
    EXPECT_EQ(alone("IA32_MC0_STATUS", 0x3C00000000000134), "the bank holds no error");
}

// SDM volume 3, table 16-20: a data load that software has to recover from.
TEST(meaning_machine_check, what_software_must_do_follows_from_s_and_ar) {
    recording machine{haswell};
    machine.set(msr::ia32_mcg_cap{0x1000C09});
    machine.set_member(1, msr::ia32_mci_addr{0x3F7A5C1240});
    EXPECT_EQ(machine.meaning("IA32_MC1_STATUS", 0xBD80000000000134),
              "an uncorrected error that software must act on before it goes on: cache or memory hierarchy, data read, "
              "data, level 0, at 0x3f7a5c1240");
    EXPECT_EQ(machine.meaning("IA32_MC1_STATUS", 0xB900000000000134).substr(0, 44),
              "an uncorrected error that software may act o");
    EXPECT_EQ(machine.meaning("IA32_MC1_STATUS", 0xA000000000000134).substr(0, 41),
              "an uncorrected error that needs no action");
    EXPECT_EQ(machine.meaning("IA32_MC1_MISC", 0x86),
              "where the bank's status says that it is valid: the address is physical, exact to 64 B");
}

TEST(meaning_machine_check, the_state_says_what_can_go_on) {
    EXPECT_EQ(alone("IA32_MCG_STATUS", 0), "no machine check is being handled");
    EXPECT_EQ(alone("IA32_MCG_STATUS", 5),
              "a machine check is being handled; the saved address does not belong to the error; the program can go on "
              "there");
}

// A kernel's log of an EPYC with a DRAM error: "Unified Memory Controller Ext. Error Code: 0, DRAM ECC error".
TEST(meaning_machine_check, banks_of_scalable_mca_are_named) {
    EXPECT_EQ(alone("MCA18_IPID", 0x0000009600050F00), "the bank belongs to: memory controller");
    EXPECT_EQ(alone("MCA7_IPID", 0x000700B020350000), "the bank belongs to: L3 cache");
    EXPECT_EQ(alone("MCA18_STATUS", 0x9C2040000000011B),
              "a corrected error: cache or memory hierarchy, read, instructions or data, no particular level; extended "
              "error code 0x0, at the address in the bank's ADDR; ECC corrected it");
}

// Two machines that turbostat printed: a sensor of 50 below 105 °C with an offset of 13, and one of 69 below 98 °C.
TEST(meaning_power, temperatures_are_those_of_the_sensor) {
    recording machine{haswell};
    machine.set(msr::msr_temperature_target_nehalem{0x0D690000});
    EXPECT_EQ(machine.meaning("IA32_PACKAGE_THERM_STATUS", 0x88320002),
              "55 °C; throttling begins at 92 °C; was throttled by heat since the log was last cleared");
    EXPECT_EQ(machine.meaning("MSR_TEMPERATURE_TARGET", 0x0D690000),
              "throttling begins at 92 °C, 13 °C below the 105 °C that the sensor counts down to");
    EXPECT_EQ(machine.meaning("IA32_PACKAGE_THERM_STATUS", 0x88000003).substr(0, 7), "105 °C");
    machine.set(msr::msr_temperature_target_nehalem{0x00621200});
    EXPECT_EQ(machine.meaning("IA32_THERM_STATUS", 0x88450000), "29 °C; throttling begins at 98 °C");
}

TEST(meaning_power, limits_have_watts_only_with_their_unit) {
    recording machine{haswell};
    EXPECT_TRUE(contains(machine.meaning("MSR_PKG_POWER_LIMIT", 0x00DC8208), "its unit could not be read"));
    machine.set(msr::msr_rapl_power_unit_fractions{0xA0E03});
    EXPECT_TRUE(machine.meaning("MSR_PKG_POWER_LIMIT", 0x00DC8208).starts_with("65 W over 28 s on"));
    EXPECT_EQ(alone("MSR_PKG_POWER_LIMIT", 0x00DC8208), "");
}

// As turbostat printed them: "0x00008850 (valid, 81920 ns)".
TEST(meaning_power, response_times_are_unit_times_limit) {
    EXPECT_EQ(alone("MSR_PKGC3_IRTL", 0x8850), "at most 81.92 us");
    EXPECT_EQ(alone("MSR_PKGC10_IRTL", 0), "no limit");
}

TEST(meaning_power, turbo_is_told_by_active_cores) {
    const recording machine{haswell};
    EXPECT_EQ(machine.meaning("MSR_TURBO_RATIO_LIMIT", 0x25262727),
              "up to 2 active cores: 3.9 GHz, up to 3: 3.8 GHz, up to 4: 3.7 GHz");
}

// Linux's selectors, and the flags that it has cleared.
TEST(meaning_system, system_calls_have_selectors_and_flags) {
    EXPECT_EQ(alone("IA32_STAR", 0x23001000000000),
              "kernel CS 0x10 SS 0x18; user SS 0x2b, CS 0x33 for 64-bit and 0x23 for 32-bit code");
    EXPECT_EQ(alone("IA32_STAR", 0xFFF3001300000000),
              "kernel CS 0x10 SS 0x1b; user SS 0xfffb, CS 0x3 for 64-bit and 0xfff3 for 32-bit code");
    EXPECT_EQ(alone("IA32_FMASK", 0), "SYSCALL clears no flags");
    EXPECT_EQ(alone("IA32_FMASK", 0x47700), "SYSCALL clears TF IF DF IOPL NT AC");
}

TEST(meaning_system, a_counter_counts_an_event_somewhere) {
    EXPECT_EQ(alone("IA32_PERFEVTSEL0", 0x4300C0), "counts instructions retired everywhere");
    EXPECT_EQ(alone("IA32_PERFEVTSEL1", 0x1412E),
              "counts misses of the last level of the cache in user mode (CPL 1 to 3), but is not enabled");
    EXPECT_EQ(alone("IA32_PERFEVTSEL2", 0x4201D1), "counts event 0xd1 with unit mask 0x1 in the kernel (CPL 0)");
    EXPECT_EQ(alone("IA32_PERFEVTSEL0", 0x1D300C0),
              "counts clocks with fewer than 1 of instructions retired everywhere");
    EXPECT_EQ(alone("PERF_CTL0", 0x530076), "counts core cycles while not halted everywhere");
}

TEST(meaning_system, the_rest_has_no_sentence) {
    EXPECT_EQ(alone("IA32_EFER", 0xD01), "");
    EXPECT_EQ(alone("TSC_RATIO", 0x180000000), "a guest's time-stamp counter runs 1.5 times as fast as the host's");
    EXPECT_EQ(alone("IA32_APIC_BASE", 0xFEE00900), "xAPIC mode: registers at 0xfee00000; the processor that booted");
    EXPECT_EQ(alone("IA32_APIC_BASE", 0xFEE00C00), "x2APIC mode: registers are MSRs");
    EXPECT_EQ(alone("IA32_APIC_BASE", 0xFEE00400), "EXTD without EN: no valid mode");
}

}  // namespace
}  // namespace tool::report
