#include "msr/registers/ia32_time_stamp_counter.hpp"
#include "msr/rules/all.hpp"

namespace msr::rules {

// SDM volume 3, 18.17.3.
bool tsc_adjust_write_moves_tsc(profile::attempt& asked) {
    if (asked.way == direction::read || asked.by_host) return true;
    if (const auto now = asked.around.get<ia32_time_stamp_counter>())
        asked.around.put(ia32_time_stamp_counter::from_raw(now->raw() + asked.value - asked.old));
    return true;
}

}  // namespace msr::rules
