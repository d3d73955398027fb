// What turning paging on or off does to registers. Freestanding.
#pragma once

#include "msr/profile/rule.hpp"

namespace msr::rules {

/// To be called after state.paging has changed: LMA follows LME and paging (SDM volume 3, 10.8.5; APM volume
/// 2, 14.6.1).
void follow_paging(const profile::surroundings& around);

}  // namespace msr::rules
