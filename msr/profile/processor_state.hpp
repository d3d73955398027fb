// What some accesses depend on that is no model-specific register. Freestanding.
#pragma once

#include "msr/core/view.hpp"

namespace msr::profile {

/// All false is how a CPU leaves reset.
struct processor_state {
    bool paging = false;
    bool five_level_paging = false;
    bool timer_deadline_mode = false;
    bool system_management_mode = false;

    /// Bits of a linear address that paging translates now (SDM volume 3, 4.5).
    [[nodiscard]] constexpr unsigned linear_width() const { return five_level_paging ? 57 : 48; }
};

struct state_name {
    text name;
    text title;
    bool processor_state::* member;
};

/// By the names that the manuals give the bits.
inline constexpr state_name state_names[]{
    {"cr0.pg", "Paging is on", &processor_state::paging},
    {"cr4.la57", "Linear addresses have 57 bits", &processor_state::five_level_paging},
    {"lvt_timer.tsc_deadline", "The local APIC's timer is in TSC-deadline mode (in xAPIC mode, where no MSR says so)",
     &processor_state::timer_deadline_mode},
    {"smm", "The access is made in system-management mode", &processor_state::system_management_mode},
};

}  // namespace msr::profile
