// CPUID's answers, by the names that a CPU's description uses. They are data of the catalogue too: it knows some CPUs.
#pragma once

#include "msr/catalogue/cpuid.hpp"

namespace msr::profile {

using catalogue::cpuid_answer;
using catalogue::cpuid_leaf;
using catalogue::find;
using catalogue::known_register;

/// A hypervisor's leaves begin at the first base; those of each further interface that it offers, one stride on.
inline constexpr std::uint32_t first_hypervisor_base = 0x40000000;
inline constexpr std::uint32_t hypervisor_stride = 0x100;
inline constexpr std::uint32_t most_hypervisor_bases = 0x100;

}  // namespace msr::profile
