#include "msr/rules/all.hpp"

namespace msr::rules {

// SDM volume 3, 32.5 and 35.15.6.4: outside system-management mode the register is not there.
bool system_management_mode_only(profile::attempt& asked) {
    if (asked.by_host || asked.around.state.system_management_mode) return true;
    return asked.refuse("it is there only in system-management mode", ~std::uint64_t{0});
}

}  // namespace msr::rules
