#include "msr/registers/ia32_ppin_ctl.hpp"
#include "msr/rules/all.hpp"

namespace msr::rules {

// SDM volume 4, table 2-25, MSR_PPIN_CTL.
bool ppin_enable_excludes_lockout(profile::attempt& asked) {
    if (asked.way == direction::read) return true;
    const auto to = ia32_ppin_ctl::from_raw(asked.value);
    if (!to.enable_ppin() || !to.lockout()) return true;
    return asked.refuse("ENABLE_PPIN and LOCKOUT must not both be set",
                        ia32_ppin_ctl::fields::enable_ppin::mask | ia32_ppin_ctl::fields::lockout::mask);
}

}  // namespace msr::rules
