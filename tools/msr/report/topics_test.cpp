// What the report says of machines that were recorded, and of the same with one register changed.

#include <gtest/gtest.h>

#include "msr/core/access.hpp"
#include "msr/registers/cpuid.hpp"
#include "msr/registers/ia32_arch_capabilities.hpp"
#include "msr/registers/ia32_debugctl.hpp"
#include "msr/registers/ia32_feature_control.hpp"
#include "msr/registers/ia32_fred_config.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_mcg_cap.hpp"
#include "msr/registers/ia32_mci_addr.hpp"
#include "msr/registers/ia32_mci_status.hpp"
#include "msr/registers/ia32_mtrr_def_type.hpp"
#include "msr/registers/ia32_mtrr_physbase.hpp"
#include "msr/registers/ia32_mtrr_physmask.hpp"
#include "msr/registers/ia32_spec_ctrl.hpp"
#include "msr/registers/ia32_therm_status.hpp"
#include "msr/registers/msr_pkg_power_limit.hpp"
#include "msr/registers/msr_rapl_power_unit_fractions.hpp"
#include "msr/registers/vm_cr.hpp"
#include "tools/msr/report/recording.hpp"

namespace tool::report {
namespace {

constexpr std::uint64_t kernel_address = 0xFFFFFFFF81C00080;

TEST(report_system_calls, selectors_are_what_syscall_and_sysret_load) {
    const auto row = only(recording{haswell}.report(), "system_calls", "selectors");
    EXPECT_TRUE(contains(row.text, "kernel CS 0x10 SS 0x18"));
    EXPECT_TRUE(contains(row.text, "user SS 0x2b, CS 0x33 for 64-bit and 0x23 for 32-bit"));
}

TEST(report_system_calls, the_entry_is_compared_on_every_cpu) {
    recording machine{epyc};
    machine.set(msr::ia32_lstar{kernel_address}).set(msr::ia32_lstar{kernel_address + 0x40}, 1);
    const auto all = machine.report({.address = kernel_address});
    const auto entries = rows(all, "system_calls", "LSTAR");
    ASSERT_EQ(entries.size(), 2);
    EXPECT_FALSE(entries[0].finding);
    EXPECT_EQ(entries[0].cpus, std::vector<std::uint32_t>{0});
    EXPECT_TRUE(entries[1].finding);
    EXPECT_EQ(entries[1].cpus, std::vector<std::uint32_t>{1});
    EXPECT_TRUE(contains(entries[1].text, "not entry_SYSCALL_64"));

    const auto differs = only(all, "differences", "differs");
    EXPECT_TRUE(differs.finding);
    EXPECT_EQ(differs.says.size(), 2);
    EXPECT_EQ(differs.says.front().where, "IA32_LSTAR");
}

TEST(report_system_calls, an_entry_that_is_the_kernels_is_no_finding) {
    recording machine{epyc};
    machine.set(msr::ia32_lstar{kernel_address});
    const auto row = only(machine.report({.address = kernel_address}), "system_calls", "LSTAR");
    EXPECT_FALSE(row.finding);
    EXPECT_TRUE(contains(row.text, "is entry_SYSCALL_64"));
    EXPECT_TRUE(row.cpus.empty()) << "true for all CPUs";
}

TEST(report_system_calls, under_fred_lstar_is_not_judged) {
    recording machine{tiger_lake};
    machine.cpuid(msr::cpuid::fred.leaf, 0).eax = msr::cpuid::fred.subleaf;  // the last one
    machine.announce(msr::cpuid::fred, true);
    machine.set(msr::ia32_fred_config{0xFFFFFFFF81000000}).set(msr::ia32_lstar{0});
    const auto all = machine.report({.address = kernel_address});
    const auto row = only(all, "system_calls", "LSTAR");
    EXPECT_FALSE(row.finding);
    EXPECT_TRUE(contains(row.text, "FRED"));
    EXPECT_TRUE(rows(all, "system_calls", "SFMASK").empty());
}

TEST(report_speculation, a_control_is_told_with_its_bit) {
    recording machine{tiger_lake};
    const auto ibrs = only(machine.report(), "speculation", "IBRS");
    EXPECT_TRUE(ibrs.text.starts_with("on"));
    EXPECT_TRUE(has_evidence(ibrs, "IA32_SPEC_CTRL", "IBRS", "1"));
    machine.set(msr::ia32_spec_ctrl{}.ssbd(true));
    const auto all = machine.report();
    EXPECT_TRUE(only(all, "speculation", "IBRS").text.starts_with("off"));
    EXPECT_TRUE(only(all, "speculation", "SSBD").text.starts_with("on"));
}

TEST(report_speculation, what_is_off_and_not_needed_says_so) {
    recording machine{tiger_lake};
    EXPECT_TRUE(contains(only(machine.report(), "speculation", "STIBP").text, "not needed while IBRS is on"));
    EXPECT_TRUE(contains(only(machine.report(), "speculation", "SSBD").text, "immune"));
    machine.set(msr::ia32_spec_ctrl{}).set(msr::ia32_arch_capabilities{});
    EXPECT_TRUE(contains(only(machine.report(), "speculation", "STIBP").text, "share"));
    EXPECT_FALSE(contains(only(machine.report(), "speculation", "SSBD").text, "immune"));
}

TEST(report_speculation, cpus_that_differ_are_told_apart) {
    recording machine{tiger_lake};
    machine.double_cpu().set(msr::ia32_spec_ctrl{}.ibrs(true).stibp(true), 1);
    const auto stibp = rows(machine.report(), "speculation", "STIBP");
    ASSERT_EQ(stibp.size(), 2);
    EXPECT_EQ(stibp[0].cpus, std::vector<std::uint32_t>{0});
    EXPECT_EQ(stibp[1].cpus, std::vector<std::uint32_t>{1});
}

TEST(report_speculation, md_clear_is_a_bit_of_cpuid) {
    EXPECT_TRUE(has_evidence(only(recording{tiger_lake}.report(), "speculation", "VERW"), "CPUID.07H.0:EDX[10]",
                             "MD_CLEAR", "1"));
    EXPECT_TRUE(
        has_evidence(only(recording{haswell}.report(), "speculation", "VERW"), "CPUID.07H.0:EDX[10]", "MD_CLEAR", "0"));
}

TEST(report_speculation, immunity_is_only_what_is_declared) {
    recording machine{tiger_lake};
    machine.set(msr::ia32_arch_capabilities{}.with<msr::ia32_arch_capabilities::fields::mds_no>(true));
    const auto row = only(machine.report(), "speculation", "immune");
    EXPECT_TRUE(row.text.starts_with("to MDS; not declared: Meltdown"));
    EXPECT_EQ(row.says.size(), 1);
}

TEST(report_virtualization, vmx_that_is_ready) {
    const auto row = only(recording{haswell}.report(), "virtualization", "VMX");
    EXPECT_TRUE(row.text.starts_with("ready"));
    EXPECT_TRUE(has_evidence(row, "CPUID.01H:ECX[5]", "VMX", "1"));
    EXPECT_TRUE(has_evidence(row, "IA32_FEATURE_CONTROL", "LOCK", "1"));
}

TEST(report_virtualization, the_step_that_fails_is_named) {
    using control = msr::ia32_feature_control;
    const auto text = [](control value) {
        recording machine{haswell};
        return only(machine.set(value).report(), "virtualization", "VMX").text;
    };
    EXPECT_TRUE(contains(text(control{}.lock(true)), "fails at IA32_FEATURE_CONTROL: locked without VMX"));
    EXPECT_TRUE(contains(text(control{}), "fails at IA32_FEATURE_CONTROL: not locked"));
    EXPECT_TRUE(contains(text(control{}.enable_vmx_outside_smx_operation(true)), "is not locked"));

    recording refusing{haswell};
    EXPECT_TRUE(contains(only(refusing.refuse<control>().report(), "virtualization", "VMX").text,
                         "fails at IA32_FEATURE_CONTROL: not known"));
    recording without{haswell};
    without.announce(msr::cpuid::vmx, false);
    EXPECT_TRUE(contains(only(without.report(), "virtualization", "VMX").text, "fails at CPUID"));
}

TEST(report_virtualization, svm_that_firmware_forbids) {
    recording machine{epyc};
    EXPECT_TRUE(only(machine.report(), "virtualization", "SVM").text.starts_with("ready"));
    machine.set(msr::vm_cr{}.svmdis(true).lock(true));
    const auto locked = only(machine.report(), "virtualization", "SVM");
    EXPECT_TRUE(contains(locked.text, "fails at VM_CR: disabled and locked"));
    EXPECT_TRUE(has_evidence(locked, "VM_CR", "SVMDIS", "1"));
    machine.set(msr::vm_cr{}.svmdis(true));
    EXPECT_TRUE(contains(only(machine.report(), "virtualization", "SVM").text, "the system may clear SVMDIS"));
}

// The example of SDM volume 3, 12.11.3: 96 MiB of memory with ranges of 64 and 32 MiB, below 36 address bits.
TEST(report_memory_types, ranges_have_address_size_and_type) {
    recording machine{haswell};
    machine.set_member(0, msr::ia32_mtrr_physbase{0x6}).set_member(0, msr::ia32_mtrr_physmask{0xFFFC000800});
    machine.set_member(1, msr::ia32_mtrr_physbase{0x4000006}).set_member(1, msr::ia32_mtrr_physmask{0xFFFE000800});
    const auto row = only(machine.report(), "memory_types", "ranges");
    EXPECT_EQ(row.text, "2 of 8: WB 0x0 + 64 MiB, WB 0x4000000 + 32 MiB");
    machine.set(msr::ia32_mtrr_def_type{});
    EXPECT_TRUE(only(machine.report(), "memory_types", "MTRR").text.starts_with("off: all memory is UC"));
}

TEST(report_power, limits_have_watts_and_seconds) {
    recording machine{haswell};
    // An eighth of a watt, 1/1024 s; 65 W over 28 s, as (1 + 3/4) * 2^14 / 1024.
    machine.set(msr::msr_rapl_power_unit_fractions{0xA0E03}).set(msr::msr_pkg_power_limit{0x80000000'00DC8208});
    const auto row = only(machine.report(), "power", "limits");
    EXPECT_TRUE(row.text.starts_with("65 W over 28 s on")) << row.text;
    EXPECT_TRUE(contains(row.text, "locked until reset"));
}

TEST(report_power, of_temperatures_the_highest_is_shown) {
    using status = msr::ia32_therm_status;
    recording machine{haswell};
    machine.double_cpu();
    machine.set(
        status{}.with<status::fields::reading_valid>(true).with<status::fields::digital_readout>(msr::bits<7>{60U}), 0);
    machine.set(
        status{}.with<status::fields::reading_valid>(true).with<status::fields::digital_readout>(msr::bits<7>{35U}), 1);
    const auto row = only(machine.report(), "power", "hottest core");
    EXPECT_EQ(row.cpus, std::vector<std::uint32_t>{1});
    EXPECT_TRUE(row.text.starts_with("35 °C below")) << row.text;
}

TEST(report_debug, what_is_switched_on_is_named) {
    recording machine{haswell};
    machine.set(msr::ia32_debugctl{}.lbr(true));
    EXPECT_EQ(only(machine.report(), "debug", "DEBUGCTL").text, "switched on: LBR");
    EXPECT_EQ(only(machine.report(), "debug", "last branches").text, "recorded");
}

TEST(report_machine_check, an_error_in_a_bank_is_a_finding_with_its_place) {
    recording machine{epyc};
    EXPECT_EQ(only(machine.report(), "machine_check", "errors").text, "no bank holds one");
    // Valid, uncorrected, with an address, corrupt context; code 9FH: memory controller.
    machine.set_member(4, msr::ia32_mci_status{0xA600'0000'0000'009F}, 1);
    machine.set_member(4, msr::ia32_mci_addr{0x12345000}, 1);
    const auto all = machine.report();
    const auto row = only(all, "machine_check", "bank 4");
    EXPECT_TRUE(row.finding);
    EXPECT_EQ(row.cpus, std::vector<std::uint32_t>{1});
    EXPECT_TRUE(contains(row.text, "uncorrected"));
    EXPECT_TRUE(contains(row.text, "memory controller"));
    EXPECT_TRUE(contains(row.text, "0x12345000"));
    EXPECT_EQ(only(all, "machine_check", "errors").cpus, std::vector<std::uint32_t>{0});
}

}  // namespace
}  // namespace tool::report
