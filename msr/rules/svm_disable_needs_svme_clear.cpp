#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/vm_cr.hpp"
#include "msr/rules/all.hpp"

namespace msr::rules {

// APM volume 2, 15.30.1.
bool svm_disable_needs_svme_clear(profile::attempt& asked) {
    if (asked.way == direction::read || asked.by_host) return true;
    const auto enables = asked.around.get<ia32_efer>();
    if (!vm_cr::from_raw(asked.value).svmdis() || vm_cr::from_raw(asked.old).svmdis()) return true;
    if (!enables || !enables->svme()) return true;
    return asked.refuse("SVMDIS cannot be set while EFER.SVME is set", vm_cr::fields::svmdis::mask);
}

}  // namespace msr::rules
