#include "msr/registers/ia32_x2apic_lvt_error.hpp"
#include "msr/registers/ia32_x2apic_sivr.hpp"
#include "msr/rules/all.hpp"

namespace msr::rules {

// SDM volume 3, 11.4.7.2: while software has the local APIC disabled, an attempt to clear a mask is ignored. The mask
// is where all local vectors have it.
bool local_vector_stays_masked(profile::attempt& asked) {
    if (asked.way == direction::read || asked.around.get_or(ia32_x2apic_sivr{}).apic_software_enable()) return true;
    asked.value |= ia32_x2apic_lvt_error::fields::mask::mask;
    return true;
}

}  // namespace msr::rules
