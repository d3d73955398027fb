#include "msr/virt/vmx/msr_list.hpp"

#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/registers/ia32_bios_sign_id.hpp"
#include "msr/registers/ia32_bios_updt_trig.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_fs_base.hpp"
#include "msr/registers/ia32_gs_base.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "msr/registers/ia32_smbase.hpp"
#include "msr/registers/ia32_smm_monitor_ctl.hpp"
#include "msr/registers/ia32_star.hpp"
#include "msr/registers/ia32_time_stamp_counter.hpp"
#include "msr/registers/ia32_tsc_deadline.hpp"
#include "msr/registers/ia32_x2apic_apicid.hpp"

namespace msr::virt::vmx {
namespace {

using list_reason = list_refusal::reason;

std::optional<list_reason> refused(std::uint32_t index, list_use use) {
    const auto verdict = may_stand_in_list(index, use);
    if (verdict) return std::nullopt;
    EXPECT_EQ(verdict.error().index, index);
    return verdict.error().why;
}

// SDM 3 27.4 and 28.6 (loading), 28.4 (saving).
TEST(msr_list, refuses_what_vm_entry_and_exit_cannot_load) {
    for (const auto index : {ia32_fs_base::address, ia32_gs_base::address, ia32_smm_monitor_ctl::address}) {
        EXPECT_EQ(refused(index, list_use::loaded), list_reason::not_loaded);
        EXPECT_EQ(refused(index, list_use::saved_and_loaded), list_reason::not_loaded);
        EXPECT_EQ(refused(index, list_use::saved), std::nullopt);
    }
    for (const auto index : {ia32_smbase::address, ia32_bios_updt_trig::address, ia32_bios_sign_id::address}) {
        EXPECT_EQ(refused(index, list_use::loaded), list_reason::not_loaded);
        EXPECT_EQ(refused(index, list_use::saved), list_reason::not_saved);
    }
    for (const auto index : {ia32_efer::address, ia32_star::address, ia32_kernel_gs_base::address})
        EXPECT_EQ(refused(index, list_use::saved_and_loaded), std::nullopt);
}

// Bits 31:8 = 000008H: whether or not a register is there.
TEST(msr_list, refuses_the_whole_range_of_the_x2apic_and_nothing_beside_it) {
    const auto first = ia32_x2apic_apicid::address & ~0xFFU;
    for (std::uint32_t index = first; index < first + 0x100; ++index) {
        EXPECT_EQ(refused(index, list_use::loaded), list_reason::not_loaded) << index;
        EXPECT_EQ(refused(index, list_use::saved), list_reason::not_saved) << index;
    }
    EXPECT_EQ(refused(first - 1, list_use::saved_and_loaded), std::nullopt);
    EXPECT_EQ(refused(first + 0x100, list_use::saved_and_loaded), std::nullopt);
}

TEST(msr_list, is_what_the_cpu_reads) {
    msr_list_entry memory[4];
    msr_list list{memory, list_use::saved_and_loaded, ia32_vmx_misc{}};
    ASSERT_TRUE(list.set(ia32_star::address, 0x1122334455667788));
    ASSERT_TRUE(list.set(ia32_kernel_gs_base::address, 2));
    ASSERT_TRUE(list.set(ia32_kernel_gs_base::address, 3));
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list.entries()[0], (msr_list_entry{ia32_star::address, 0, 0x1122334455667788}));
    EXPECT_EQ(list.find(ia32_kernel_gs_base::address)->value, 3U);
    EXPECT_EQ(list.find(ia32_efer::address), nullptr);
    EXPECT_EQ(list.set(ia32_gs_base::address), (std::unexpected{list_refusal{ia32_gs_base::address}}));
    EXPECT_EQ(list.size(), 2U);
}

TEST(msr_list, ends_where_memory_or_the_cpus_limit_does) {
    msr_list_entry one[1];
    msr_list small{one, list_use::loaded, ia32_vmx_misc{}};
    ASSERT_TRUE(small.set(1));
    EXPECT_EQ(small.set(2), (std::unexpected{list_refusal{2, list_reason::full, 1}}));

    // N = 1 in bits 27..25: 1024 entries (SDM 3 A.6).
    const auto misc = ia32_vmx_misc{}.with<ia32_vmx_misc::fields::msr_list_length>(1);
    std::vector<msr_list_entry> memory(2000);
    msr_list large{memory.data(), memory.size(), list_use::loaded, misc};
    constexpr std::uint32_t from = 0x10000;
    for (std::uint32_t count = 0; count < 1024; ++count)
        ASSERT_TRUE(large.set(from + count));
    EXPECT_EQ(large.set(from + 1024), (std::unexpected{list_refusal{from + 1024, list_reason::over_the_limit, 1024}}));
    EXPECT_TRUE(large.set(from, 7)) << "a register that is there can still get another value";
}

// KVM as a guest's VMX: outside x2APIC mode the addresses are those of no register in particular.
TEST(msr_list, kvm_forbids_the_x2apic_in_its_mode_only) {
    const auto index = ia32_x2apic_apicid::address;
    EXPECT_TRUE(may_stand_in_list(index, list_use::saved_and_loaded, list_rules::kvm_outside_x2apic_mode));
    EXPECT_FALSE(may_stand_in_list(ia32_gs_base::address, list_use::loaded, list_rules::kvm_outside_x2apic_mode));
}

// SDM 3 27.4: the exit qualification counts the entries from 1.
TEST(msr_list, a_list_that_is_there_is_refused_at_its_first_faulty_entry) {
    msr_list_entry entries[]{{ia32_star::address, 0, 1}, {ia32_efer::address, 0, 2}, {ia32_fs_base::address, 0, 3}};
    const auto verdict = validate_list(entries, list_use::loaded, ia32_vmx_misc{});
    EXPECT_EQ(verdict, (std::unexpected{list_refusal{ia32_fs_base::address, list_reason::not_loaded, 0, 3}}));
    EXPECT_TRUE(validate_list(entries, list_use::saved, ia32_vmx_misc{}));
    entries[1].reserved = 1;
    EXPECT_EQ(validate_list(entries, list_use::saved, ia32_vmx_misc{}),
              (std::unexpected{list_refusal{ia32_efer::address, list_reason::reserved_bits, 0, 2}}));
    const std::vector<msr_list_entry> long_list(513, entries[0]);
    EXPECT_EQ(validate_list(long_list, list_use::loaded, ia32_vmx_misc{}),
              (std::unexpected{list_refusal{0, list_reason::over_the_limit, 512}}));
    EXPECT_TRUE(validate_list({}, list_use::loaded, ia32_vmx_misc{}));
}

TEST(msr_list, is_put_into_an_order_in_which_it_can_be_loaded) {
    msr_list_entry memory[4];
    msr_list list{memory, list_use::loaded, ia32_vmx_misc{}};
    for (const auto index : {ia32_tsc_deadline::address, ia32_star::address, ia32_time_stamp_counter::address})
        ASSERT_TRUE(list.set(index));
    list.order(catalogue::built_in());
    EXPECT_EQ(list.entries()[0].index, ia32_star::address);
    EXPECT_EQ(list.entries()[1].index, ia32_time_stamp_counter::address);
    EXPECT_EQ(list.entries()[2].index, ia32_tsc_deadline::address);
}

TEST(msr_list, refuses_memory_that_is_not_aligned) {
    alignas(16) std::array<unsigned char, 64> bytes{};
    auto* const odd = reinterpret_cast<msr_list_entry*>(bytes.data() + 8);  // as an allocator's, never used
    msr_list list{odd, 3, list_use::loaded, ia32_vmx_misc{}};
    EXPECT_EQ(list.set(ia32_star::address),
              (std::unexpected{list_refusal{ia32_star::address, list_reason::misaligned}}));
}

}  // namespace
}  // namespace msr::virt::vmx
