#include "msr/registers/ia32_tsc_adjust.hpp"
#include "msr/rules/all.hpp"

namespace msr::rules {

// SDM volume 3, 18.17.3.
bool tsc_write_moves_adjust(profile::attempt& asked) {
    if (asked.way == direction::read || asked.by_host) return true;
    if (const auto now = asked.around.get<ia32_tsc_adjust>())
        asked.around.put(ia32_tsc_adjust::from_raw(now->raw() + asked.value - asked.old));
    return true;
}

}  // namespace msr::rules
