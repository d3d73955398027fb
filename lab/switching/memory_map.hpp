// Further pages: memory at addresses of more than 32 bits, and pages that ring 3 may use. Freestanding.
#pragma once

#include <cstdint>

#include "lab/switching/sequence.hpp"

namespace msr::switching {

/// Makes 2 MB at `linear` those at `physical`. There is room for a few such pages.
void map(std::uint64_t linear, std::uint64_t physical, bool for_ring_3);

/// Ring 3 may use all that lies where it is: the image is its program too.
void open_everything_to_ring_3();

/// The kernel's data of this CPU, as the kernel's base leads to them; and the same bytes where they lie.
[[nodiscard]] percpu_data& percpu();

/// Maps what both parts need: the kernel's data, and the places of the tasks.
void map_all();

}  // namespace msr::switching
