#include "msr/registers/ia32_feature_control.hpp"
#include "msr/rules/all.hpp"

namespace msr::rules {

// SDM volume 3, 16.3.1.5: firmware opts in by IA32_FEATURE_CONTROL.
bool local_machine_check_opted_in(profile::attempt& asked) {
    const auto control = asked.around.get<ia32_feature_control>();
    if (asked.by_host || !control || control->lmce_on()) return true;
    return asked.refuse("IA32_FEATURE_CONTROL.LMCE_ON is not set", ~std::uint64_t{0});
}

}  // namespace msr::rules
