// Puts a guest's image into its memory, with what its boot protocol promises, and its vCPU at the entry.
#pragma once

#include "msr/host/kvm_guest.hpp"
#include "tools/msr/guest/image.hpp"

namespace tool {

/// The last bytes of a guest's memory are the loader's: stack, descriptors, start information, page tables.
inline constexpr std::uint64_t loader_memory = std::uint64_t{64} * 1024;

/// `image` was read for the memory without the loader's.
[[nodiscard]] msr::host::outcome<void> boot(msr::host::kvm_guest& guest, const guest_image& image);

}  // namespace tool
