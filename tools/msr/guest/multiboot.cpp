#include "tools/msr/guest/multiboot.hpp"

#include <fmt/format.h>

namespace tool {

namespace host = msr::host;

namespace {

// 3.1.1: the header lies within so many bytes, on a boundary of four, and its first three words add up to zero.
constexpr std::uint64_t multiboot_search = 8192;
constexpr std::uint32_t multiboot_magic = 0x1BADB002;
// Of the flags that a loader must understand or refuse: pages for modules, and information on memory.
constexpr std::uint32_t multiboot_harmless = 3;
constexpr std::uint32_t multiboot_required = 0xFFFF;

struct multiboot_words {
    std::uint32_t magic, flags, checksum;
    std::uint32_t header_address, load_address, load_end, bss_end, entry;
};

constexpr std::uint64_t words_without_addresses = 12;

}  // namespace

std::optional<multiboot_header> find_multiboot_header(std::span<const std::byte> file) {
    const auto end = std::min<std::uint64_t>(file.size(), multiboot_search);
    for (std::uint64_t at = 0; at + words_without_addresses <= end; at += 4) {
        multiboot_words words{};
        const auto there = file.subspan(at, std::min<std::uint64_t>(sizeof words, file.size() - at));
        std::ranges::copy(there, reinterpret_cast<std::byte*>(&words));
        if (words.magic != multiboot_magic || words.magic + words.flags + words.checksum != 0) continue;
        if ((words.flags & multiboot_header::addresses) != 0 && there.size() < sizeof words) continue;
        return multiboot_header{.at = at,
                                .flags = words.flags,
                                .header_address = words.header_address,
                                .load_address = words.load_address,
                                .load_end = words.load_end,
                                .bss_end = words.bss_end,
                                .entry = words.entry};
    }
    return std::nullopt;
}

host::outcome<void> check_multiboot_wishes(const multiboot_header& header) {
    if ((header.flags & multiboot_header::needs_video) != 0)
        return host::bad_input("its multiboot header asks for a video mode", "there is no screen");
    if (const auto unknown = header.flags & multiboot_required & ~multiboot_harmless; unknown != 0)
        return host::bad_input(fmt::format("its multiboot header requires {:#x}", unknown),
                               "multiboot has no such flag");
    return {};
}

host::outcome<guest_image> read_multiboot_file(std::span<const std::byte> file, const multiboot_header& header) {
    if (const auto met = check_multiboot_wishes(header); !met) return std::unexpected{met.error()};
    const auto wrong = [](std::string_view why) {
        return host::bad_input("the addresses in its multiboot header make no sense", std::string{why});
    };
    if (header.load_address > header.header_address) return wrong("it would be loaded from behind the header");
    const std::uint64_t before = header.header_address - header.load_address;
    if (before > header.at) return wrong("it would be loaded from before the file's first byte");
    const auto from = header.at - before;
    std::uint64_t length = file.size() - from;
    if (header.load_end != 0) {
        if (header.load_end < header.load_address) return wrong("what is loaded ends before it begins");
        length = header.load_end - header.load_address;
        if (length > file.size() - from) return wrong("the file is shorter than what is to be loaded");
    }
    std::uint64_t size = length;
    if (header.bss_end != 0) {
        if (header.bss_end < header.load_address + length) return wrong("the zeros end before what is loaded");
        size = header.bss_end - header.load_address;
    }
    return guest_image{.protocol = boot_protocol::multiboot,
                       .entry = header.entry,
                       .parts = {{.address = header.load_address, .size = size, .bytes = file.subspan(from, length)}}};
}

}  // namespace tool
