#include "msr/catalogue/restore_order.hpp"

#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/registers/ia32_apic_base.hpp"
#include "msr/registers/ia32_mtrr_def_type.hpp"
#include "msr/registers/ia32_mtrr_physmask.hpp"
#include "msr/registers/ia32_time_stamp_counter.hpp"
#include "msr/registers/ia32_tsc_deadline.hpp"
#include "msr/registers/ia32_x2apic_lvt_timer.hpp"

namespace msr::catalogue {
namespace {

// SDM 3 11.5.4.1: a write outside the timer's deadline mode is dropped, and the deadline is a value of the TSC.
TEST(restore_order, the_deadline_comes_after_the_apic_and_the_tsc) {
    const auto& facts = built_in();
    const auto rank = [&](std::uint32_t address) { return restore_rank(facts, address); };
    EXPECT_LT(rank(ia32_apic_base::address), rank(ia32_x2apic_lvt_timer::address));
    EXPECT_LT(rank(ia32_x2apic_lvt_timer::address), rank(ia32_tsc_deadline::address));
    EXPECT_LT(rank(ia32_time_stamp_counter::address), rank(ia32_tsc_deadline::address));
}

TEST(restore_order, ranges_come_before_what_enables_them) {
    const auto& facts = built_in();
    const auto last = ia32_mtrr_physmask::address + 7 * ia32_mtrr_physmask::stride;
    EXPECT_LT(restore_rank(facts, last), restore_rank(facts, ia32_mtrr_def_type::address));
}

}  // namespace
}  // namespace msr::catalogue
