#include "msr/registers/hv_x64_msr_guest_os_id.hpp"
#include "msr/rules/all.hpp"

namespace msr::rules {

// TLFS, 3.13: a guest says what it is before it enables the page. KVM drops all of an earlier write.
bool hypercall_page_needs_guest_os_id(profile::attempt& asked) {
    if (asked.way == direction::read) return true;
    const auto identity = asked.around.get<hv_x64_msr_guest_os_id>();
    if (identity && identity->raw() == 0) asked.value = asked.old;
    return true;
}

}  // namespace msr::rules
