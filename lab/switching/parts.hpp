// The image's parts, one a file. Each says what it finds in TAP lines.
#pragma once

namespace msr::switching {

void try_every_boundary();

void switch_between_tasks();

void compare_real_writes();

}  // namespace msr::switching
