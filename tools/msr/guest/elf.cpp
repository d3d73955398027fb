#include "tools/msr/guest/elf.hpp"

#include <cstring>

#include <elf.h>
#include <fmt/format.h>

namespace tool {

namespace host = msr::host;

namespace {

// Xen's note that tells where a guest is entered in 32 bits (Xen, public/elfnote.h).
constexpr std::uint32_t pvh_entry_note = 18;
constexpr std::string_view pvh_note_owner{"Xen\0", 4};
// Whose notes tell what else a file is: the C library's (of type NT_GNU_ABI_TAG), and a kernel's in its vmlinux (Linux,
// include/linux/elfnote.h).
constexpr std::string_view gnu_note_owner{ELF_NOTE_GNU, sizeof ELF_NOTE_GNU};
constexpr std::string_view linux_note_owner{"Linux\0", 6};

struct elf_32 {
    using header = Elf32_Ehdr;
    using segment = Elf32_Phdr;
    static constexpr std::uint16_t machine = EM_386;
};
struct elf_64 {
    using header = Elf64_Ehdr;
    using segment = Elf64_Phdr;
    static constexpr std::uint16_t machine = EM_X86_64;
};

host::outcome<guest_image> elf_is_truncated(std::string_view what) {
    return host::bad_input(fmt::format("it is truncated: its {} lie beyond its end", what));
}

/// One file, of either width.
template <class Width>
class elf_reader {
  public:
    explicit elf_reader(std::span<const std::byte> file) : file_{file} {}

    host::outcome<guest_image> read(const std::optional<multiboot_header>& multiboot) {
        if (file_.size() < sizeof header_) return elf_is_truncated("headers");
        header_ = structure_at<typename Width::header>(file_, 0);
        if (header_.e_machine != Width::machine) return host::bad_input("it is an ELF file, but not for x86");
        if (header_.e_type != ET_EXEC && header_.e_type != ET_DYN)
            return host::bad_input("it is an ELF file, but no program", "it was not linked");
        if (header_.e_phnum != 0 && header_.e_phentsize != sizeof(typename Width::segment))
            return host::bad_input("its program headers have a size that is not ELF's");
        if (!is_inside(header_.e_phoff, std::uint64_t{header_.e_phnum} * sizeof(typename Width::segment)))
            return elf_is_truncated("program headers");
        guest_image image;
        for (unsigned number = 0; number < header_.e_phnum; ++number) {
            if (!take(segment(number), image)) return elf_is_truncated("segments");
        }
        return enter(std::move(image), multiboot);
    }

  private:
    [[nodiscard]] bool is_inside(std::uint64_t offset, std::uint64_t size) const {
        return size <= file_.size() && offset <= file_.size() - size;
    }

    [[nodiscard]] typename Width::segment segment(unsigned number) const {
        return structure_at<typename Width::segment>(
            file_, header_.e_phoff + std::uint64_t{number} * sizeof(typename Width::segment));
    }

    // False where the file ends before the segment does.
    bool take(const typename Width::segment& one, guest_image& image) {
        if (one.p_type == PT_INTERP || one.p_type == PT_DYNAMIC) is_of_system_ = true;
        if (one.p_type != PT_LOAD && one.p_type != PT_NOTE) return true;
        if (!is_inside(one.p_offset, one.p_filesz)) return false;
        const auto bytes = file_.subspan(one.p_offset, one.p_filesz);
        if (one.p_type == PT_NOTE) {
            read_notes(bytes);
        } else {
            image.parts.push_back(
                {.address = one.p_paddr, .size = std::max<std::uint64_t>(one.p_memsz, one.p_filesz), .bytes = bytes});
        }
        return true;
    }

    // Notes: three words (sizes of name and description, type), the name, the description, each on a boundary of four.
    void read_notes(std::span<const std::byte> notes) {
        constexpr std::uint64_t note_header = 12;
        const auto padded = [](std::uint64_t size) { return (size + 3) & ~std::uint64_t{3}; };
        while (notes.size() >= note_header) {
            const auto head = structure_at<Elf64_Nhdr>(notes, 0);
            const auto name_size = padded(head.n_namesz);
            const auto whole = note_header + name_size + padded(head.n_descsz);
            if (note_header + name_size + head.n_descsz > notes.size()) return;
            const std::string_view owner{reinterpret_cast<const char*>(notes.data()) + note_header, head.n_namesz};
            if (owner == pvh_note_owner && head.n_type == pvh_entry_note)
                take_pvh_entry(notes.subspan(note_header + name_size, head.n_descsz));
            if (owner == gnu_note_owner && head.n_type == NT_GNU_ABI_TAG) is_of_system_ = true;
            if (owner == linux_note_owner) is_linux_ = true;
            notes = notes.subspan(std::min<std::uint64_t>(whole, notes.size()));
        }
    }

    void take_pvh_entry(std::span<const std::byte> value) {
        if (value.size() == sizeof(std::uint32_t)) pvh_entry_ = structure_at<std::uint32_t>(value, 0);
        if (value.size() == sizeof(std::uint64_t)) pvh_entry_ = structure_at<std::uint64_t>(value, 0);
    }

    host::outcome<guest_image> enter(guest_image image, const std::optional<multiboot_header>& multiboot) const {
        if (is_linux_) return linux_kernel_refused();
        if (pvh_entry_) {
            image.protocol = boot_protocol::pvh;
            image.entry = *pvh_entry_;
            return image;
        }
        image.entry = physical_entry();
        if (multiboot) {
            if (const auto met = check_multiboot_wishes(*multiboot); !met) return std::unexpected{met.error()};
            image.protocol = boot_protocol::multiboot;
            return image;
        }
        if (is_of_system_)
            return host::bad_input("it is a program for an operating system, not a bare-metal guest",
                                   "it is linked for a loader or a C library",
                                   "a guest that is so has a multiboot header or a PVH note");
        if (sizeof(header_) == sizeof(Elf32_Ehdr))
            return host::bad_input("it is a 32-bit ELF file without a multiboot header or a PVH note",
                                   "nothing says in which state it is entered");
        if (image.entry != header_.e_entry)
            return host::bad_input("it is linked for other addresses than those where it lies in memory",
                                   "nothing says how they are to be mapped",
                                   "give it a multiboot header or a PVH note");
        image.protocol = boot_protocol::elf;
        return image;
    }

    [[nodiscard]] std::uint64_t physical_entry() const {
        for (unsigned number = 0; number < header_.e_phnum; ++number) {
            const auto one = segment(number);
            if (one.p_type == PT_LOAD && header_.e_entry >= one.p_vaddr && header_.e_entry - one.p_vaddr < one.p_memsz)
                return std::uint64_t{one.p_paddr} + (header_.e_entry - one.p_vaddr);
        }
        return header_.e_entry;
    }

    std::span<const std::byte> file_;
    typename Width::header header_{};
    std::optional<std::uint64_t> pvh_entry_;
    bool is_of_system_ = false;
    bool is_linux_ = false;
};

}  // namespace

bool is_elf(std::span<const std::byte> file) {
    return file.size() >= SELFMAG && std::memcmp(file.data(), ELFMAG, SELFMAG) == 0;
}

host::outcome<guest_image> read_elf(std::span<const std::byte> file, const std::optional<multiboot_header>& header) {
    if (file.size() < EI_NIDENT) return elf_is_truncated("headers");
    if (std::to_integer<int>(file[EI_DATA]) != ELFDATA2LSB)
        return host::bad_input("it is an ELF file, but not for x86", "its bytes are in another order");
    switch (std::to_integer<int>(file[EI_CLASS])) {
        case ELFCLASS32: return elf_reader<elf_32>{file}.read(header);
        case ELFCLASS64: return elf_reader<elf_64>{file}.read(header);
        default: return host::bad_input("it is an ELF file of neither 32 nor 64 bits");
    }
}

}  // namespace tool
