// The multiboot specification 0.6.96, as far as it puts a guest into memory.
#pragma once

#include <algorithm>

#include "tools/msr/guest/image.hpp"

namespace tool {

namespace multiboot {
inline constexpr std::uint32_t loader_magic = 0x2BADB002;  // EAX at the entry

/// What the loader tells (3.3, Boot information format): the first fields, all that there is to tell here.
struct information {
    static constexpr std::uint32_t has_memory = 1U << 0U;
    static constexpr std::uint32_t has_memory_map = 1U << 6U;

    std::uint32_t flags = 0;
    std::uint32_t memory_lower = 0;  // KiB from 0
    std::uint32_t memory_upper = 0;  // KiB from 1 MiB
    std::uint32_t boot_device = 0;
    std::uint32_t command_line = 0;
    std::uint32_t modules_count = 0;
    std::uint32_t modules = 0;
    std::uint32_t symbols[4]{};
    std::uint32_t memory_map_length = 0;  // bytes
    std::uint32_t memory_map = 0;
};

struct [[gnu::packed]] memory_map_entry {
    static constexpr std::uint32_t available = 1;
    static constexpr std::uint32_t reserved = 2;

    std::uint32_t size = sizeof(memory_map_entry) - sizeof(std::uint32_t);  // of what follows
    std::uint64_t address = 0;
    std::uint64_t length = 0;
    std::uint32_t type = available;
};
}  // namespace multiboot

/// 3.1, OS image format: the header, and where in the file it is.
struct multiboot_header {
    static constexpr std::uint32_t needs_video = 1U << 2U;
    static constexpr std::uint32_t addresses = 1U << 16U;

    std::uint64_t at = 0;  // in the file
    std::uint32_t flags = 0;
    std::uint32_t header_address = 0;
    std::uint32_t load_address = 0;
    std::uint32_t load_end = 0;  // 0: the file's end
    std::uint32_t bss_end = 0;   // 0: none
    std::uint32_t entry = 0;

    [[nodiscard]] bool has_addresses() const { return (flags & addresses) != 0; }
};

[[nodiscard]] std::optional<multiboot_header> find_multiboot_header(std::span<const std::byte> file);

/// What the header requires and cannot be had; nothing otherwise.
[[nodiscard]] msr::host::outcome<void> check_multiboot_wishes(const multiboot_header& header);

/// A file whose header has addresses: they count, whatever else the file is.
[[nodiscard]] msr::host::outcome<guest_image> read_multiboot_file(std::span<const std::byte> file,
                                                                  const multiboot_header& header);

/// A structure out of the file, which need not be aligned there. The caller has checked that it is all there.
template <class Structure>
[[nodiscard]] Structure structure_at(std::span<const std::byte> file, std::uint64_t offset) {
    Structure read;
    std::ranges::copy(file.subspan(offset, sizeof read), reinterpret_cast<std::byte*>(&read));
    return read;
}

}  // namespace tool
