#include "tools/msr/guest/image.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tools/msr/guest/elf.hpp"
#include "tools/msr/guest/multiboot.hpp"

namespace tool {

namespace host = msr::host;

namespace {

// A Linux kernel's boot sector (Linux, Documentation/arch/x86/boot.rst): its signature's place, and the word there.
constexpr std::size_t linux_signature_at = 0x202;
constexpr std::string_view linux_signature = "HdrS";

bool is_linux_kernel(std::span<const std::byte> file) {
    if (file.size() < linux_signature_at + linux_signature.size()) return false;
    return std::ranges::equal(file.subspan(linux_signature_at, linux_signature.size()), linux_signature, {}, {},
                              [](char letter) { return static_cast<std::byte>(letter); });
}

host::outcome<guest_image> read_any(std::span<const std::byte> file, std::optional<std::uint64_t> flat_at) {
    if (file.empty()) return host::bad_input("it is empty");
    if (flat_at) {
        return guest_image{.protocol = boot_protocol::flat,
                           .entry = *flat_at,
                           .parts = {{.address = *flat_at, .size = file.size(), .bytes = file}}};
    }
    const auto header = find_multiboot_header(file);
    if (header && header->has_addresses()) return read_multiboot_file(file, *header);
    if (is_elf(file)) return read_elf(file, header);
    if (is_linux_kernel(file)) return linux_kernel_refused();
    return host::bad_input("it is no image of a guest", "neither an ELF file nor one with a multiboot header",
                           "name the address of a flat binary with --flat");
}

host::outcome<void> check_place(guest_image& image, std::uint64_t memory_end) {
    std::erase_if(image.parts, [](const image_part& one) { return one.size == 0; });
    if (image.parts.empty()) return host::bad_input("it has nothing to load");
    std::ranges::sort(image.parts, {}, &image_part::address);
    const image_part* before = nullptr;
    for (const auto& one : image.parts) {
        if (one.size > memory_end || one.address > memory_end - one.size) {
            return host::bad_input(
                fmt::format("its part at {:#x} of {:#x} bytes lies outside the guest's memory", one.address, one.size),
                fmt::format("that ends at {:#x}", memory_end), "give it more with --memory");
        }
        if (before != nullptr && before->end() > one.address) {
            return host::bad_input(fmt::format("its parts at {:#x} and {:#x} overlap", before->address, one.address));
        }
        before = &one;
    }
    if (std::ranges::none_of(image.parts, [&](const image_part& one) { return one.contains(image.entry); }))
        return host::bad_input(fmt::format("its entry {:#x} lies in none of its parts", image.entry));
    return {};
}

}  // namespace

std::string_view to_word(boot_protocol one) {
    switch (one) {
        case boot_protocol::pvh: return "pvh";
        case boot_protocol::multiboot: return "multiboot";
        case boot_protocol::elf: return "elf";
        case boot_protocol::flat: break;
    }
    return "flat";
}

std::unexpected<host::error> linux_kernel_refused() {
    return host::bad_input("it is a Linux kernel", "that needs more of a machine than a serial port and an exit",
                           "run it in QEMU, or in lab/lab linux");
}

host::outcome<guest_image> read_image(std::span<const std::byte> file, std::uint64_t memory_end,
                                      std::optional<std::uint64_t> flat_at) {
    auto image = read_any(file, flat_at);
    if (!image) return image;
    if (const auto fits = check_place(*image, memory_end); !fits) return std::unexpected{fits.error()};
    return image;
}

}  // namespace tool
