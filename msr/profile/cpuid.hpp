// CPUID's answers, by the names that a CPU's description uses. They are data of the catalogue too: it knows some CPUs.
#pragma once

#include "msr/catalogue/cpuid.hpp"

namespace msr::profile {

using catalogue::cpuid_answer;
using catalogue::cpuid_leaf;
using catalogue::find;
using catalogue::known_register;

}  // namespace msr::profile
