#include "msr/registers/ia32_apic_base.hpp"
#include "msr/registers/ia32_x2apic_lvt_timer.hpp"
#include "msr/rules/all.hpp"

namespace msr::rules {

namespace {

bool in_deadline_mode(const profile::surroundings& around) {
    if (around.get_or(ia32_apic_base{}).extd()) {
        if (const auto timer = around.get<ia32_x2apic_lvt_timer>())
            return timer->timer_mode() == apic_timer_mode::tsc_deadline;
    }
    return around.state.timer_deadline_mode;
}

// The most frequent write of a running guest: most of the time this is all there is to look at.
bool is_surely_in_deadline_mode(const profile::surroundings& around) {
    const auto base = around.recall<ia32_apic_base>();
    if (!base) return false;
    if (!base->extd()) return around.state.timer_deadline_mode;
    const auto timer = around.recall<ia32_x2apic_lvt_timer>();
    return timer && timer->timer_mode() == apic_timer_mode::tsc_deadline;
}

[[gnu::noinline]] bool drop_outside_deadline_mode(profile::attempt& asked) {
    if (!in_deadline_mode(asked.around)) asked.value = 0;
    return true;
}

}  // namespace

// SDM volume 3, 11.5.4.1: outside the deadline mode of the timer a write is dropped and a read gives zero. In x2APIC
// mode a register says which mode it is; in xAPIC mode a hypervisor has to.
bool tsc_deadline_needs_timer_mode(profile::attempt& asked) {
    if (is_surely_in_deadline_mode(asked.around)) return true;
    return asked.by_host || drop_outside_deadline_mode(asked);
}

bool tsc_deadline_of_host_needs_timer_mode(profile::attempt& asked) {
    return drop_outside_deadline_mode(asked);
}

}  // namespace msr::rules
