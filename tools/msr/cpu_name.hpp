// What a CPU is called: by its vendor's signature, its brand string, and the catalogue.
#pragma once

#include <string>

#include "msr/profile/profile.hpp"

namespace tool {

/// GenuineIntel
[[nodiscard]] std::string signature_of(const msr::profile::profile& cpu);

/// Intel(R) Xeon(R) w9-3475X; empty where CPUID has none. What is no printable letter is left out.
[[nodiscard]] std::string brand_of(const msr::profile::profile& cpu);

/// The processor of the catalogue, or null.
[[nodiscard]] const msr::catalogue::processor_entry* processor_of(const msr::profile::profile& cpu);

}  // namespace tool
