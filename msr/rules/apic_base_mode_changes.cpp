#include "msr/registers/ia32_apic_base.hpp"
#include "msr/rules/all.hpp"

namespace msr::rules {

// SDM volume 3, 11.12.5 and figure 11-27: the local APIC goes from disabled to xAPIC mode to x2APIC mode, and from each
// of the two to disabled.
bool apic_base_mode_changes(profile::attempt& asked) {
    if (asked.way == direction::read) return true;
    const auto from = ia32_apic_base::from_raw(asked.old);
    const auto to = ia32_apic_base::from_raw(asked.value);
    const auto mode = ia32_apic_base::fields::en::mask | ia32_apic_base::fields::extd::mask;
    if (to.extd() && !to.en()) return asked.refuse("EXTD without EN is no mode", mode);
    // A hypervisor restores a guest in whatever mode it was.
    if (asked.by_host) return true;
    if (from.extd() && to.en() && !to.extd())
        return asked.refuse("x2APIC mode ends only by disabling the local APIC", mode);
    if (!from.en() && to.extd()) return asked.refuse("x2APIC mode is entered only from xAPIC mode", mode);
    return true;
}

}  // namespace msr::rules
