#include "msr/registers/ia32_rtit_ctl.hpp"
#include "msr/rules/all.hpp"

namespace msr::rules {

// SDM volume 3, 33.2.8 and its subsections: while the trace runs its configuration cannot be written, but for stopping
// it.
bool trace_configuration_fixed_while_enabled(profile::attempt& asked) {
    const auto running = asked.around.get<ia32_rtit_ctl>();
    if (asked.way == direction::read || asked.by_host || !running || !running->trace_en()) return true;
    if (asked.address == ia32_rtit_ctl::address) {
        const bool stops = !ia32_rtit_ctl::from_raw(asked.value).trace_en();
        if (stops || asked.value == asked.old) return true;
    }
    return asked.refuse("the trace is running: clear IA32_RTIT_CTL.TRACE_EN first", asked.written ^ asked.old);
}

}  // namespace msr::rules
