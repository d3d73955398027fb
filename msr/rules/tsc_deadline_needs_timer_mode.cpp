#include "msr/registers/ia32_apic_base.hpp"
#include "msr/registers/ia32_x2apic_lvt_timer.hpp"
#include "msr/rules/all.hpp"

namespace msr::rules {

namespace {

bool x2apic_timer_is_in_deadline_mode(const profile::surroundings& around) {
    const auto timer = around.get<ia32_x2apic_lvt_timer>();
    return timer ? timer->timer_mode() == apic_timer_mode::tsc_deadline : around.state.timer_deadline_mode;
}

inline void drop_outside_deadline_mode(profile::attempt& asked) {
    const auto& around = asked.around;
    const bool x2apic = around.get_or(ia32_apic_base{}).extd();
    const bool in_mode = x2apic ? x2apic_timer_is_in_deadline_mode(around) : around.state.timer_deadline_mode;
    if (!in_mode) asked.value = 0;
}

}  // namespace

// SDM volume 3, 11.5.4.1: outside the deadline mode of the timer a write is dropped and a read gives zero. In x2APIC
// mode a register says which mode it is; in xAPIC mode a hypervisor has to.
bool tsc_deadline_needs_timer_mode(profile::attempt& asked) {
    if (!asked.by_host) drop_outside_deadline_mode(asked);
    return true;
}

bool tsc_deadline_of_host_needs_timer_mode(profile::attempt& asked) {
    drop_outside_deadline_mode(asked);
    return true;
}

}  // namespace msr::rules
