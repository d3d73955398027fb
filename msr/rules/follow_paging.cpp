#include "msr/rules/follow_paging.hpp"

#include "msr/registers/ia32_efer.hpp"

namespace msr::rules {

void follow_paging(const profile::surroundings& around) {
    const auto enables = around.get<ia32_efer>();
    if (!enables) return;
    const bool active = enables->lme() && around.state.paging;
    around.put(enables->with<ia32_efer::fields::lma>(active));
}

}  // namespace msr::rules
