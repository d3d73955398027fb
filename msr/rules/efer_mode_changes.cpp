#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/vm_cr.hpp"
#include "msr/rules/all.hpp"

namespace msr::rules {

// SDM volume 3, 2.2.1 and 10.8.5; APM volume 2, 3.1.7 and 15.4.
bool efer_mode_changes(profile::attempt& asked) {
    if (asked.way == direction::read || asked.by_host) return true;
    const auto from = ia32_efer::from_raw(asked.old);
    const auto to = ia32_efer::from_raw(asked.value);
    if (asked.around.state.paging && from.lme() != to.lme())
        return asked.refuse("LME cannot change while paging is on", ia32_efer::fields::lme::mask);
    if (to.svme() && !from.svme()) {
        const auto control = asked.around.get<vm_cr>();
        if (control && control->svmdis())
            return asked.refuse("SVM is disabled by VM_CR.SVMDIS", ia32_efer::fields::svme::mask);
    }
    return true;
}

}  // namespace msr::rules
