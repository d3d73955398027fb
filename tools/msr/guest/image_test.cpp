#include "tools/msr/guest/image.hpp"

#include <array>
#include <string>

#include <elf.h>
#include <gtest/gtest.h>

namespace {

using tool::boot_protocol;
using tool::read_image;

constexpr std::uint64_t memory_end = 16 << 20;
constexpr std::uint64_t load_address = 0x100000;

struct elf_file_64 {
    using header = Elf64_Ehdr;
    using segment = Elf64_Phdr;
    static constexpr std::uint8_t file_class = ELFCLASS64;
    static constexpr std::uint16_t machine = EM_X86_64;
};
struct elf_file_32 {
    using header = Elf32_Ehdr;
    using segment = Elf32_Phdr;
    static constexpr std::uint8_t file_class = ELFCLASS32;
    static constexpr std::uint16_t machine = EM_386;
};

/// An ELF file of one segment whose 64 bytes, its code or note, come last.
template <class Width = elf_file_64>
struct elf_image {
    typename Width::header header{};
    std::array<typename Width::segment, 2> segments{};
    std::array<std::uint32_t, 16> content{};

    elf_image() {
        const std::array<std::uint8_t, 7> ident{ELFMAG0,           ELFMAG1,     ELFMAG2,   ELFMAG3,
                                                Width::file_class, ELFDATA2LSB, EV_CURRENT};
        std::ranges::copy(ident, std::begin(header.e_ident));
        header.e_type = ET_EXEC;
        header.e_machine = Width::machine;
        header.e_entry = load_address;
        header.e_phoff = sizeof header;
        header.e_phentsize = sizeof(typename Width::segment);
        header.e_phnum = 1;
        for (auto& one : segments) {
            one.p_type = PT_LOAD;
            one.p_offset = sizeof header + sizeof segments;
            one.p_vaddr = one.p_paddr = load_address;
            one.p_filesz = one.p_memsz = sizeof content;
        }
        segments[1].p_vaddr = segments[1].p_paddr = 2 * load_address;
    }

    // Both segments are of the one content.
    elf_image& with_second() {
        header.e_phnum = 2;
        return *this;
    }
    elf_image& with_multiboot(std::uint32_t flags = 0) {
        constexpr std::uint32_t magic = 0x1BADB002;
        content = {magic, flags, 0U - magic - flags};
        return *this;
    }
    elf_image& with_pvh(std::uint32_t entry) {
        return with_note({4, 4, 18, 0x006E6558, entry});  // "Xen"
    }

    elf_image& with_segment(std::uint32_t type) {
        with_second();
        segments[1].p_type = type;
        return *this;
    }
    elf_image& with_note(const std::array<std::uint32_t, 16>& words) {
        with_segment(PT_NOTE);
        content = words;
        return *this;
    }

    [[nodiscard]] std::span<const std::byte> bytes() const { return std::as_bytes(std::span{this, 1}); }
};

auto read_elf_image(const auto& file) {
    return read_image(file.bytes(), memory_end);
}

// What is wrong, in words; empty if nothing is.
std::string complaint(std::span<const std::byte> file, std::optional<std::uint64_t> flat_at = {}) {
    const auto image = read_image(file, memory_end, flat_at);
    if (image) return {};
    EXPECT_EQ(image.error().kind, msr::host::error_kind::bad_input);
    return image.error().line();
}

#define EXPECT_COMPLAINT(file, words) \
    EXPECT_NE(complaint((file).bytes()).find(words), std::string::npos) << complaint((file).bytes())

TEST(guest_image, a_64_bit_elf_file_is_entered_as_it_is_linked) {
    const elf_image file;
    const auto image = read_elf_image(file);
    ASSERT_TRUE(image) << image.error().line();
    EXPECT_EQ(image->protocol, boot_protocol::elf);
    EXPECT_EQ(image->entry, load_address);
    ASSERT_EQ(image->parts.size(), 1U);
    EXPECT_EQ(image->parts[0].address, load_address);
    EXPECT_TRUE(std::ranges::equal(image->parts[0].bytes, std::as_bytes(std::span{file.content})));
}

TEST(guest_image, a_note_goes_before_a_header_and_a_header_before_the_entry) {
    auto file = elf_image{}.with_pvh(load_address + 4);
    auto image = read_elf_image(file);
    ASSERT_TRUE(image) << image.error().line();
    EXPECT_EQ(image->protocol, boot_protocol::pvh);
    EXPECT_EQ(image->entry, load_address + 4);
    file.with_multiboot();
    image = read_elf_image(file);
    ASSERT_TRUE(image) << image.error().line();
    EXPECT_EQ(image->protocol, boot_protocol::multiboot);
}

TEST(guest_image, the_entry_of_a_header_is_a_physical_address) {
    auto file = elf_image{}.with_multiboot();
    constexpr std::uint64_t high = 0xFFFFFFFF80000000;
    file.segments[0].p_vaddr = high;
    file.header.e_entry = high + 8;
    const auto image = read_elf_image(file);
    ASSERT_TRUE(image) << image.error().line();
    EXPECT_EQ(image->entry, load_address + 8);
}

TEST(guest_image, a_32_bit_elf_file_needs_a_header) {
    elf_image<elf_file_32> file;
    EXPECT_COMPLAINT(file, "a 32-bit ELF file without a multiboot header or a PVH note");
    file.with_multiboot();
    EXPECT_EQ(complaint(file.bytes()), "");
}

TEST(guest_image, addresses_that_nobody_maps_are_refused) {
    elf_image file;
    file.segments[0].p_vaddr = 0xFFFFFFFF80000000;
    file.header.e_entry = file.segments[0].p_vaddr;
    EXPECT_COMPLAINT(file, "linked for other addresses");
}

TEST(guest_image, wherever_it_is_cut_it_is_refused) {
    const auto file = elf_image{}.with_second();
    for (std::size_t size = 0; size < sizeof file; ++size)
        EXPECT_NE(complaint(file.bytes().first(size)), "") << size;
    EXPECT_EQ(complaint(file.bytes()), "");
}

TEST(guest_image, parts_have_to_lie_in_memory_and_apart) {
    elf_image file;
    file.segments[0].p_memsz = memory_end;
    EXPECT_COMPLAINT(file, "outside the guest's memory");
    file.segments[0].p_memsz = ~std::uint64_t{0};
    EXPECT_COMPLAINT(file, "outside the guest's memory");
    file.segments[0].p_memsz = 2 * load_address;
    file.with_second();
    EXPECT_COMPLAINT(file, "its parts at 0x100000 and 0x200000 overlap");
    file.segments[0].p_memsz = load_address;  // up to the next one
    EXPECT_EQ(complaint(file.bytes()), "");
}

TEST(guest_image, the_entry_has_to_be_in_it) {
    elf_image file;
    file.header.e_entry = 3 * load_address;
    EXPECT_COMPLAINT(file, "its entry 0x300000 lies in none of its parts");
    file.header.e_phnum = 0;
    EXPECT_COMPLAINT(file, "nothing to load");
}

TEST(guest_image, what_is_not_for_this_machine_is_refused) {
    elf_image file;
    file.header.e_machine = EM_AARCH64;
    EXPECT_COMPLAINT(file, "not for x86");
    file.header.e_machine = EM_X86_64;
    file.header.e_type = ET_REL;
    EXPECT_COMPLAINT(file, "no program");
    EXPECT_COMPLAINT(elf_image{}.with_multiboot(4), "asks for a video mode");
    EXPECT_COMPLAINT(elf_image{}.with_multiboot(8), "requires 0x8");
}

TEST(guest_image, programs_of_an_operating_system_are_refused) {
    constexpr std::array<std::uint32_t, 16> abi_tag{4, 16, NT_GNU_ABI_TAG, 0x00554E47, ELF_NOTE_OS_LINUX, 3, 2, 0};
    EXPECT_COMPLAINT(elf_image{}.with_segment(PT_INTERP), "a program for an operating system");
    EXPECT_COMPLAINT(elf_image{}.with_segment(PT_DYNAMIC), "a program for an operating system");
    EXPECT_COMPLAINT(elf_image{}.with_note(abi_tag), "a program for an operating system");
    EXPECT_COMPLAINT(elf_image<elf_file_32>{}.with_note(abi_tag), "a program for an operating system");
    auto file = elf_image{}.with_note(abi_tag);
    file.content[2] = NT_GNU_BUILD_ID;
    EXPECT_EQ(complaint(file.bytes()), "");
    // A kernel that moves itself to where it lies has to say how it is entered.
    file = elf_image{}.with_segment(PT_DYNAMIC).with_multiboot();
    EXPECT_EQ(complaint(file.bytes()), "");
}

TEST(guest_image, a_linux_kernel_is_known_by_its_notes) {
    constexpr std::uint32_t build_salt = 0x100;
    EXPECT_COMPLAINT(elf_image{}.with_note({6, 4, build_salt, 0x756E694C, 0x78, 0}), "it is a Linux kernel");
    // Also where it says how it is entered.
    EXPECT_COMPLAINT(elf_image{}.with_note({4, 4, 18, 0x006E6558, load_address, 6, 4, build_salt, 0x756E694C, 0x78}),
                     "it is a Linux kernel");
}

// A file whose header has the addresses (multiboot 3.1.3), without being ELF.
struct header_with_addresses {
    std::uint32_t magic = 0x1BADB002, flags = 0x10000, checksum = 0U - 0x1BADB002U - 0x10000U;
    std::uint32_t header_address = load_address, load = load_address, load_end = 0, bss_end = 0;
    std::uint32_t entry = load_address + 32;
    std::uint32_t code = 0;

    [[nodiscard]] std::span<const std::byte> bytes() const { return std::as_bytes(std::span{this, 1}); }
};

TEST(guest_image, a_multiboot_header_can_say_where_all_goes) {
    header_with_addresses file;
    file.bss_end = load_address + 0x1000;
    const auto image = read_image(file.bytes(), memory_end);
    ASSERT_TRUE(image) << image.error().line();
    EXPECT_EQ(image->protocol, boot_protocol::multiboot);
    EXPECT_EQ(image->entry, load_address + 32);
    EXPECT_EQ(image->parts[0].bytes.size(), sizeof file);
    EXPECT_EQ(image->parts[0].size, 0x1000U);
    file.load_end = load_address + 0x1000;
    EXPECT_COMPLAINT(file, "the file is shorter");
    file.load_end = load_address - 1;
    EXPECT_COMPLAINT(file, "ends before it begins");
    file.load_end = 0;
    file.bss_end = load_address + 1;
    EXPECT_COMPLAINT(file, "the zeros end before");
    file.load = load_address - 1;
    EXPECT_COMPLAINT(file, "before the file's first byte");
    file.load = load_address + 1;
    EXPECT_COMPLAINT(file, "behind the header");
}

TEST(guest_image, other_files_are_told_apart) {
    EXPECT_EQ(complaint({}), "it is empty");
    std::string kernel(0x300, '\0');
    EXPECT_NE(complaint(std::as_bytes(std::span{kernel})).find("no image of a guest"), std::string::npos);
    kernel.replace(0x202, 4, "HdrS");
    EXPECT_NE(complaint(std::as_bytes(std::span{kernel})).find("Linux kernel"), std::string::npos);
    // Named flat, anything is an image.
    EXPECT_EQ(complaint(std::as_bytes(std::span{kernel}), 0x7C00), "");
    EXPECT_NE(complaint(std::as_bytes(std::span{kernel}), memory_end - 1), "");
}

}  // namespace
