// ELF files of x86 as images of guests.
#pragma once

#include "tools/msr/guest/image.hpp"
#include "tools/msr/guest/multiboot.hpp"

namespace tool {

[[nodiscard]] bool is_elf(std::span<const std::byte> file);

/// Segments at their physical addresses; entered as a PVH note says, or the multiboot header, or (64 bits) the file's
/// own entry.
[[nodiscard]] msr::host::outcome<guest_image> read_elf(std::span<const std::byte> file,
                                                       const std::optional<multiboot_header>& header);

}  // namespace tool
