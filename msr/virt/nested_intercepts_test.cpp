// L2's map: an access passes only where both maps let it, but for the virtual-APIC page that L1 gave L2.
#include "msr/virt/nested_intercepts.hpp"

#include <gtest/gtest.h>

#include "msr/registers/ia32_fs_base.hpp"
#include "msr/registers/ia32_spec_ctrl.hpp"
#include "msr/registers/ia32_x2apic_isr.hpp"
#include "msr/registers/ia32_x2apic_ppr.hpp"

namespace msr::virt {
namespace {

using enum direction;

template <class Map>
Map passing(std::initializer_list<std::uint32_t> indices) {
    Map map;
    for (const auto index : indices)
        EXPECT_TRUE(map.pass(index));
    return map;
}

TEST(nested_intercepts, both_must_let_an_access_pass) {
    const auto ours = passing<vmx::msr_bitmap>({ia32_fs_base::address, ia32_spec_ctrl::address});
    const auto of_l1 = passing<vmx::msr_bitmap>({ia32_fs_base::address});
    const auto map = nested_map(ours, of_l1, {});
    EXPECT_FALSE(map.intercepts(ia32_fs_base::address, write));
    EXPECT_TRUE(map.intercepts(ia32_spec_ctrl::address, write));
    EXPECT_EQ(nested_map(of_l1, ours, {}), map);
    const auto svm = nested_map(passing<svm::msr_permission_map>({ia32_fs_base::address, ia32_spec_ctrl::address}),
                                passing<svm::msr_permission_map>({ia32_spec_ctrl::address}));
    EXPECT_FALSE(svm.intercepts(ia32_spec_ctrl::address, read));
    EXPECT_TRUE(svm.intercepts(ia32_fs_base::address, read));
}

TEST(nested_intercepts, the_apic_of_l2_is_no_affair_of_ours) {
    const auto all = passing<vmx::msr_bitmap>(
        {ia32_x2apic_tpr::address, ia32_x2apic_eoi::address, ia32_x2apic_self_ipi::address, ia32_x2apic_ppr::address});
    const vmx::msr_bitmap none;
    // Without virtualization it would be L1's own APIC.
    EXPECT_EQ(nested_map(all, all, {}), none);
    const nested_apic mode{.virtualize_x2apic = true};
    const auto priority = nested_map(none, all, mode);
    EXPECT_FALSE(priority.intercepts(ia32_x2apic_tpr::address, read));
    EXPECT_FALSE(priority.intercepts(ia32_x2apic_tpr::address, write));
    EXPECT_TRUE(priority.intercepts(ia32_x2apic_ppr::address, read));
    EXPECT_TRUE(priority.intercepts(ia32_x2apic_eoi::address, write));
    const auto full =
        nested_map(none, all, {.virtualize_x2apic = true, .register_virtualization = true, .interrupt_delivery = true});
    EXPECT_FALSE(full.intercepts(ia32_x2apic_ppr::address, read));
    EXPECT_TRUE(full.intercepts(ia32_x2apic_ppr::address, write));
    EXPECT_FALSE(full.intercepts(ia32_x2apic_eoi::address, write));
    EXPECT_FALSE(full.intercepts(ia32_x2apic_self_ipi::address, write));
    // What L1 intercepts exits, whatever ours lets pass.
    EXPECT_TRUE(full.intercepts(ia32_x2apic_isr::address, read));
    EXPECT_EQ(nested_map(all, none, {.virtualize_x2apic = true, .register_virtualization = true}), none);
}

}  // namespace
}  // namespace msr::virt
