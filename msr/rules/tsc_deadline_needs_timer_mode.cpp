#include "msr/registers/ia32_apic_base.hpp"
#include "msr/registers/ia32_x2apic_lvt_timer.hpp"
#include "msr/rules/all.hpp"

namespace msr::rules {

// SDM volume 3, 11.5.4.1: outside the deadline mode of the timer a write is dropped and a read gives zero. In x2APIC
// mode a register says which mode it is; in xAPIC mode a hypervisor has to.
profile::refusal tsc_deadline_needs_timer_mode(profile::attempt& asked) {
    return asked.by_host ? profile::refusal{} : tsc_deadline_of_host_needs_timer_mode(asked);
}

profile::refusal tsc_deadline_of_host_needs_timer_mode(profile::attempt& asked) {
    const auto base = asked.around.get<ia32_apic_base>();
    const auto timer = asked.around.get<ia32_x2apic_lvt_timer>();
    const bool in_mode = base && base->extd() && timer ? timer->timer_mode() == apic_timer_mode::tsc_deadline
                                                       : asked.around.state.timer_deadline_mode;
    if (!in_mode) asked.value = 0;
    return {};
}

}  // namespace msr::rules
