#include "msr/registers/ia32_u_cet.hpp"
#include "msr/rules/all.hpp"

namespace msr::rules {

// SDM volume 1, 17.2.3: WRMSR faults if it sets both. IA32_U_CET and IA32_S_CET have these bits alike.
bool cet_suppress_excludes_tracker(profile::attempt& asked) {
    if (asked.way == direction::read) return true;
    const auto to = ia32_u_cet::from_raw(asked.written);
    if (!to.suppress() || !to.tracker()) return true;
    return asked.refuse("SUPPRESS and TRACKER must not both be set",
                        ia32_u_cet::fields::suppress::mask | ia32_u_cet::fields::tracker::mask);
}

}  // namespace msr::rules
