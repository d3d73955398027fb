#include "tools/msr/guest/boot.hpp"

#include <algorithm>
#include <array>

#include "tools/msr/guest/multiboot.hpp"

namespace tool {

namespace host = msr::host;

namespace {

// Xen's public/arch-x86/hvm/start_info.h: what EBX points to at a PVH entry, and the memory map in it.
struct pvh_start_information {
    std::uint32_t magic = 0x336EC578;
    std::uint32_t version = 1;
    std::uint32_t flags = 0;
    std::uint32_t modules_count = 0;
    std::uint64_t modules = 0;
    std::uint64_t command_line = 0;
    std::uint64_t acpi_root = 0;
    std::uint64_t memory_map = 0;
    std::uint32_t memory_map_count = 0;
    std::uint32_t reserved = 0;
};
struct pvh_memory_map_entry {
    static constexpr std::uint32_t available = 1;
    static constexpr std::uint32_t taken = 2;

    std::uint64_t address = 0;
    std::uint64_t size = 0;
    std::uint32_t type = available;
    std::uint32_t reserved = 0;
};

// Where the loader's things are in its part of the memory.
constexpr std::uint64_t page_size = 0x1000;
constexpr std::uint64_t stack_end = 8 * page_size;
constexpr std::uint64_t descriptors_at = 8 * page_size;
constexpr std::uint64_t information_at = 9 * page_size;
constexpr std::uint64_t memory_map_at = information_at + 0x800;
constexpr std::uint64_t page_tables_at = 10 * page_size;

constexpr std::uint64_t megabyte = 1 << 20;

/// The loader's part of the memory.
class loader_part {
  public:
    explicit loader_part(std::span<std::byte> memory)
        : bytes_{memory.last(loader_memory)}, address_{memory.size() - loader_memory} {}

    [[nodiscard]] std::uint64_t address() const { return address_; }

    template <class Structure>
    void put(std::uint64_t offset, const Structure& what) {
        std::ranges::copy(std::as_bytes(std::span{&what, 1}), bytes_.subspan(offset).begin());
    }

    // The first 4 GB, each address mapped to itself by a page of 2 MB (SDM volume 3, 4.5).
    void map_all() {
        constexpr std::uint64_t present_and_writable = 3;
        constexpr std::uint64_t large = 0x80;
        constexpr std::uint64_t large_page = 2 * megabyte;
        constexpr std::uint64_t entries = 512;
        const auto put_entry = [this](std::uint64_t table, std::uint64_t entry, std::uint64_t value) {
            put(page_tables_at + table * page_size + entry * sizeof value, value);
        };
        const auto address_of = [this](std::uint64_t table) { return address_ + page_tables_at + table * page_size; };
        put_entry(0, 0, address_of(1) | present_and_writable);
        for (std::uint64_t gigabyte = 0; gigabyte < 4; ++gigabyte) {
            const auto directory = 2 + gigabyte;
            put_entry(1, gigabyte, address_of(directory) | present_and_writable);
            for (std::uint64_t at = 0; at < entries; ++at)
                put_entry(directory, at, (gigabyte * entries + at) * large_page | large | present_and_writable);
        }
    }

    void tell_multiboot() {
        multiboot::information told{};
        told.flags = multiboot::information::has_memory | multiboot::information::has_memory_map;
        told.memory_lower = 640;
        told.memory_upper = address_ > megabyte ? static_cast<std::uint32_t>((address_ - megabyte) / 1024) : 0;
        const multiboot::memory_map_entry map[]{
            {.length = address_},
            {.address = address_, .length = loader_memory, .type = multiboot::memory_map_entry::reserved}};
        told.memory_map = static_cast<std::uint32_t>(address_ + memory_map_at);
        told.memory_map_length = sizeof map;
        put(memory_map_at, map);
        put(information_at, told);
    }

    void tell_pvh() {
        const pvh_memory_map_entry map[]{
            {.size = address_}, {.address = address_, .size = loader_memory, .type = pvh_memory_map_entry::taken}};
        put(memory_map_at, map);
        put(information_at,
            pvh_start_information{.memory_map = address_ + memory_map_at, .memory_map_count = std::size(map)});
    }

  private:
    std::span<std::byte> bytes_;
    std::uint64_t address_;
};

// None, code, data: flat (SDM volume 3, 3.4.5).
constexpr std::array<std::uint64_t, 3> descriptors_64{0, 0x00AF9B000000FFFF, 0x00CF93000000FFFF};
constexpr std::array<std::uint64_t, 3> descriptors_32{0, 0x00CF9B000000FFFF, 0x00CF93000000FFFF};

}  // namespace

host::outcome<void> boot(host::kvm_guest& guest, const guest_image& image) {
    for (const auto& part : image.parts)
        std::ranges::copy(part.bytes, guest.memory().subspan(part.address).begin());
    loader_part loader{guest.memory()};
    host::kvm_guest::start at{.entry = image.entry,
                              .descriptors = loader.address() + descriptors_at,
                              .descriptors_size = sizeof descriptors_64,
                              .stack = loader.address() + stack_end};
    switch (image.protocol) {
        case boot_protocol::elf:
        case boot_protocol::flat:
            loader.put(descriptors_at, descriptors_64);
            loader.map_all();
            at.page_tables = loader.address() + page_tables_at;
            return guest.enter(at);
        case boot_protocol::pvh: loader.tell_pvh(); break;
        case boot_protocol::multiboot:
            loader.tell_multiboot();
            at.eax = multiboot::loader_magic;
            break;
    }
    loader.put(descriptors_at, descriptors_32);
    at.ebx = static_cast<std::uint32_t>(loader.address() + information_at);
    return guest.enter(at);
}

}  // namespace tool
