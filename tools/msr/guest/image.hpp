// A bare-metal guest's file: what of it goes where in memory, and how it is entered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "msr/host/error.hpp"

namespace tool {

/// By whose agreement a guest is entered.
enum class boot_protocol : std::uint8_t {
    pvh,        // a note of Xen's in an ELF file: 32 bits without paging
    multiboot,  // a multiboot (0.6.96) header: 32 bits without paging
    elf,        // a 64-bit ELF file without either: 64 bits, every address mapped to itself
    flat,       // bytes: the same, at the first of them
};

[[nodiscard]] std::string_view to_word(boot_protocol one);

/// Bytes of the file, and where they go. What `size` has more than the bytes is zero.
struct image_part {
    std::uint64_t address = 0;  // guest-physical
    std::uint64_t size = 0;
    std::span<const std::byte> bytes;

    [[nodiscard]] std::uint64_t end() const { return address + size; }
    [[nodiscard]] bool contains(std::uint64_t one) const { return one >= address && one - address < size; }
};

struct guest_image {
    boot_protocol protocol = boot_protocol::flat;
    std::uint64_t entry = 0;
    std::vector<image_part> parts;  // by address; none overlaps another
};

/// What is said of a Linux kernel, whatever its file.
[[nodiscard]] std::unexpected<msr::host::error> linux_kernel_refused();

/// Finds out what `file` is; `flat_at`: that it is flat, for this address. Parts refer to the file's bytes, and lie
/// below `memory_end`. Errors: no image, a damaged one, one that does not fit, or one that needs more of a machine.
[[nodiscard]] msr::host::outcome<guest_image> read_image(std::span<const std::byte> file, std::uint64_t memory_end,
                                                         std::optional<std::uint64_t> flat_at = {});

}  // namespace tool
