// Both maps at the ends of their ranges, where a wrong bit lets a guest reach a register that it must not.
#include <array>
#include <cstring>
#include <set>

#include <gtest/gtest.h>

#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_gs_base.hpp"
#include "msr/registers/ia32_pat.hpp"
#include "msr/registers/sev_status.hpp"
#include "msr/registers/vm_hsave_pa.hpp"
#include "msr/virt/svm/msr_permission_map.hpp"
#include "msr/virt/vmx/msr_bitmap.hpp"

namespace msr::virt {
namespace {

// The first and last registers of the ranges, and their neighbours outside.
constexpr std::array low_ends{low_range, low_range + registers_in_range - 1};
constexpr std::array high_ends{high_range, high_range + registers_in_range - 1};
constexpr std::array amd_ends{amd_range, amd_range + registers_in_range - 1};
constexpr std::array outside_of_all{low_range - 1, low_range + registers_in_range,  high_range - 1,
                                    amd_range - 1, high_range + registers_in_range, amd_range + registers_in_range,
                                    0x40000000U};

// The bits that are 0, as the CPU numbers them: bit b of byte n is bit 8n+b.
template <class Map>
std::set<std::size_t> clear_bits(const Map& map) {
    std::array<unsigned char, sizeof(Map)> bytes{};
    std::memcpy(bytes.data(), &map, sizeof(Map));
    std::set<std::size_t> result;
    for (std::size_t bit = 0; bit < 8 * sizeof(Map); ++bit) {
        if ((bytes[bit / 8] >> (bit % 8) & 1U) == 0) result.insert(bit);
    }
    return result;
}

template <class Map>
std::set<std::size_t> bits_of(std::uint32_t index, accesses which) {
    Map map;
    EXPECT_TRUE(map.pass(index, which));
    return clear_bits(map);
}

using bits = std::set<std::size_t>;
constexpr std::size_t kibibyte = std::size_t{8} * 1024;  // in bits

// SDM 3 25.6.9: read low, read high, write low, write high.
TEST(msr_bitmap, keeps_each_range_end_in_the_kibibyte_that_the_manual_gives_it) {
    const auto reads = [](std::uint32_t index) { return bits_of<vmx::msr_bitmap>(index, accesses::reads); };
    const auto writes = [](std::uint32_t index) { return bits_of<vmx::msr_bitmap>(index, accesses::writes); };
    EXPECT_EQ(reads(0x0), bits{0});
    EXPECT_EQ(reads(0x1FFF), bits{kibibyte - 1});
    EXPECT_EQ(reads(0xC0000000), bits{kibibyte});
    EXPECT_EQ(reads(0xC0001FFF), bits{2 * kibibyte - 1});
    EXPECT_EQ(writes(0x0), bits{2 * kibibyte});
    EXPECT_EQ(writes(0x1FFF), bits{3 * kibibyte - 1});
    EXPECT_EQ(writes(0xC0000000), bits{3 * kibibyte});
    EXPECT_EQ(writes(0xC0001FFF), bits{4 * kibibyte - 1});
}

// APM 2 15.11: 2 KiB a range, two bits a register, the lower one for reads.
TEST(msr_permission_map, keeps_each_range_end_in_the_part_that_the_manual_gives_it) {
    const auto both = [](std::uint32_t index) { return bits_of<svm::msr_permission_map>(index, accesses::both); };
    EXPECT_EQ(both(0x0), (bits{0, 1}));
    EXPECT_EQ(both(0x1FFF), (bits{2 * kibibyte - 2, 2 * kibibyte - 1}));
    EXPECT_EQ(both(0xC0000000), (bits{2 * kibibyte, 2 * kibibyte + 1}));
    EXPECT_EQ(both(0xC0001FFF), (bits{4 * kibibyte - 2, 4 * kibibyte - 1}));
    EXPECT_EQ(both(0xC0010000), (bits{4 * kibibyte, 4 * kibibyte + 1}));
    EXPECT_EQ(both(0xC0011FFF), (bits{6 * kibibyte - 2, 6 * kibibyte - 1}));
    EXPECT_EQ(bits_of<svm::msr_permission_map>(0xC0010000, accesses::writes), bits{4 * kibibyte + 1});
}

template <class Map>
class intercept_maps : public testing::Test {};
using maps = testing::Types<vmx::msr_bitmap, svm::msr_permission_map>;
TYPED_TEST_SUITE(intercept_maps, maps);

TYPED_TEST(intercept_maps, let_nothing_pass_at_first) {
    const TypeParam map;
    for (const auto& ends : {low_ends, high_ends, amd_ends}) {
        for (const auto index : ends) {
            EXPECT_TRUE(map.intercepts(index, direction::read));
            EXPECT_TRUE(map.intercepts(index, direction::write));
        }
    }
    EXPECT_EQ(clear_bits(map), bits{});
}

TYPED_TEST(intercept_maps, pass_and_intercept_one_direction_of_one_register) {
    TypeParam map;
    for (const auto& ends : {low_ends, high_ends}) {
        for (const auto index : ends) {
            ASSERT_TRUE(map.pass(index, accesses::reads));
            EXPECT_FALSE(map.intercepts(index, direction::read));
            EXPECT_TRUE(map.intercepts(index, direction::write));
            ASSERT_TRUE(map.pass(index));
            EXPECT_FALSE(map.intercepts(index, direction::write));
            ASSERT_TRUE(map.intercept(index, accesses::reads));
            EXPECT_TRUE(map.intercepts(index, direction::read));
            EXPECT_FALSE(map.intercepts(index, direction::write));
            ASSERT_TRUE(map.intercept(index));
        }
    }
    EXPECT_EQ(map, TypeParam{}) << "what was passed and intercepted again is as before, and so are all others";
}

TYPED_TEST(intercept_maps, always_let_exit_what_they_do_not_cover_and_refuse_to_change_it) {
    TypeParam map;
    for (const auto index : outside_of_all) {
        EXPECT_EQ(map.pass(index), (std::unexpected{map_refusal{index, map_refusal::reason::outside}}));
        EXPECT_EQ(map.intercept(index), (std::unexpected{map_refusal{index, map_refusal::reason::outside}}));
        EXPECT_TRUE(map.intercepts(index, direction::read));
        EXPECT_TRUE(map.intercepts(index, direction::write));
    }
    EXPECT_EQ(map, TypeParam{});
}

TEST(intercept_map, covers_the_third_range_on_svm_alone) {
    vmx::msr_bitmap bitmap;
    svm::msr_permission_map map;
    for (const auto index : amd_ends) {
        EXPECT_EQ(bitmap.pass(index), (std::unexpected{map_refusal{index, map_refusal::reason::outside}}));
        EXPECT_TRUE(bitmap.intercepts(index, direction::read));
        EXPECT_TRUE(map.pass(index));
        EXPECT_FALSE(map.intercepts(index, direction::read));
    }
}

TYPED_TEST(intercept_maps, change_a_whole_range_and_nothing_beyond_its_ends) {
    TypeParam map;
    ASSERT_TRUE(map.pass(0x10, 0x1F, accesses::writes));
    for (std::uint32_t index = 0; index < 0x40; ++index) {
        const bool within = index >= 0x10 && index <= 0x1F;
        EXPECT_EQ(map.intercepts(index, direction::write), !within) << index;
        EXPECT_TRUE(map.intercepts(index, direction::read)) << index;
    }
    ASSERT_TRUE(map.pass(low_ends.front(), low_ends.back(), accesses::both));
    EXPECT_TRUE(map.intercepts(high_ends.front(), direction::read));
    EXPECT_EQ(clear_bits(map).size(), 2 * registers_in_range);
    ASSERT_TRUE(map.intercept(low_ends.front(), low_ends.back(), accesses::both));
    EXPECT_EQ(map, TypeParam{});
}

TYPED_TEST(intercept_maps, refuse_a_range_whole_and_name_the_register_that_it_fails_at) {
    TypeParam map;
    EXPECT_EQ(map.pass(low_ends.back(), low_ends.back() + 1, accesses::both),
              (std::unexpected{map_refusal{low_ends.back() + 1, map_refusal::reason::outside}}));
    EXPECT_EQ(map.pass(low_ends.back(), high_ends.front(), accesses::both),
              (std::unexpected{map_refusal{low_ends.back() + 1, map_refusal::reason::outside}}))
        << "both ends are covered, what lies between is not";
    EXPECT_EQ(map.pass(2, 1, accesses::both), (std::unexpected{map_refusal{1, map_refusal::reason::backwards}}));
    const passed_register some[]{{ia32_pat::address}, {outside_of_all.back()}, {ia32_efer::address}};
    EXPECT_EQ(map.pass(some), (std::unexpected{map_refusal{outside_of_all.back(), map_refusal::reason::outside}}));
    EXPECT_EQ(map, TypeParam{});
}

TYPED_TEST(intercept_maps, pass_many_registers_each_in_its_directions) {
    TypeParam map;
    const passed_register some[]{{ia32_gs_base::address}, {ia32_efer::address, accesses::reads}};
    ASSERT_TRUE(map.pass(some));
    EXPECT_FALSE(map.intercepts(ia32_gs_base::address, direction::write));
    EXPECT_FALSE(map.intercepts(ia32_efer::address, direction::read));
    EXPECT_TRUE(map.intercepts(ia32_efer::address, direction::write));
}

TYPED_TEST(intercept_maps, merged_pass_what_both_let_pass) {
    TypeParam ours;
    TypeParam guests;
    ASSERT_TRUE(ours.pass(ia32_pat::address, accesses::both));
    ASSERT_TRUE(ours.pass(ia32_gs_base::address, accesses::both));
    ASSERT_TRUE(guests.pass(ia32_gs_base::address, accesses::reads));
    ASSERT_TRUE(guests.pass(ia32_efer::address, accesses::both));
    auto merged = ours;
    merged |= guests;
    EXPECT_FALSE(merged.intercepts(ia32_gs_base::address, direction::read));
    EXPECT_TRUE(merged.intercepts(ia32_gs_base::address, direction::write));
    EXPECT_TRUE(merged.intercepts(ia32_pat::address, direction::read));
    EXPECT_TRUE(merged.intercepts(ia32_efer::address, direction::read));
    EXPECT_EQ(clear_bits(merged).size(), 1U);
}

TEST(msr_permission_map, does_not_promise_to_intercept_what_an_encrypted_guest_trusts) {
    svm::msr_permission_map map;
    const auto status = sev_status::address;
    EXPECT_TRUE(map.intercepts(status, direction::read)) << "a guest without SEV";
    EXPECT_FALSE(map.intercepts(status, direction::read, guest_memory::encrypted));
    EXPECT_TRUE(map.intercepts(vm_hsave_pa::address, direction::read, guest_memory::encrypted));
    EXPECT_EQ(map.intercept(status), (std::unexpected{map_refusal{status, map_refusal::reason::trusted_by_guest}}));
    EXPECT_EQ(map.intercept(amd_ends.front(), amd_ends.back(), accesses::both),
              (std::unexpected{map_refusal{status, map_refusal::reason::trusted_by_guest}}));
}

// A map can be made by the compiler: a hypervisor's constant.
constexpr auto made_by_the_compiler = [] {
    vmx::msr_bitmap map;
    return map.pass(ia32_gs_base::address).has_value() && !map.intercepts(ia32_gs_base::address, direction::read);
}();
static_assert(made_by_the_compiler);

}  // namespace
}  // namespace msr::virt
