#include "lab/switching/memory_map.hpp"

#include "lab/ring0/control_bits.hpp"
#include "lab/ring0/tap.hpp"
#include "lab/switching/tasks.hpp"

extern "C" {
extern std::uint64_t page_tables[];  // of entry.S: 2 MB pages, each at its own address
extern std::uint64_t page_directories[];
extern std::uint64_t page_directory[];
extern const char memory_end[];  // of image.ld
}

namespace msr::switching {
namespace {

constexpr unsigned table_entries = 512;
constexpr unsigned large_page_bits = 21;
constexpr std::uint64_t large_page = std::uint64_t{1} << large_page_bits;
constexpr std::uint64_t address_mask = 0x000F'FFFF'FFFF'F000;

// Memory that nothing else uses: the image ends before, the machine's 64 MB after.
constexpr std::uint64_t places_memory = 0x0200'0000;
constexpr std::uint64_t percpu_memory = 0x0220'0000;

constexpr unsigned spare_tables = 8;
alignas(4096) std::uint64_t spare[spare_tables][table_entries];
unsigned spare_used = 0;

// The table that an entry leads to; a new one if it leads nowhere.
std::uint64_t* table_of(std::uint64_t& entry, std::uint64_t rights) {
    if ((entry & ring0::page_entry::present) == 0) {
        if (spare_used == spare_tables) ring0::bail_out("no room for another page table");
        entry = ring0::address_of(spare[spare_used++]) | ring0::page_entry::present | ring0::page_entry::writable;
    }
    entry |= rights;
    return reinterpret_cast<std::uint64_t*>(entry & address_mask);
}

std::uint64_t& entry_at(std::uint64_t* table, std::uint64_t linear, unsigned bit) {
    return table[linear >> bit & (table_entries - 1)];
}

}  // namespace

void map(std::uint64_t linear, std::uint64_t physical, bool for_ring_3) {
    const auto rights = for_ring_3 ? ring0::page_entry::user : 0;
    auto* const directories = table_of(entry_at(page_tables, linear, 39), rights);
    auto* const directory = table_of(entry_at(directories, linear, 30), rights);
    entry_at(directory, linear, large_page_bits) = (physical & ~(large_page - 1)) | ring0::page_entry::present |
                                                   ring0::page_entry::writable | ring0::page_entry::large | rights;
    ring0::write_cr3(ring0::read_cr3());
}

void open_everything_to_ring_3() {
    page_tables[0] |= ring0::page_entry::user;
    page_directories[0] |= ring0::page_entry::user;
    for (unsigned page = 0; page < table_entries; ++page)
        page_directory[page] |= ring0::page_entry::user;
    ring0::write_cr3(ring0::read_cr3());
}

percpu_data& percpu() {
    return *reinterpret_cast<percpu_data*>(percpu_memory + (kernel_base & (large_page - 1)));
}

void map_all() {
    if (ring0::address_of(memory_end) > places_memory)
        ring0::bail_out("the image reaches into the places of the tasks");
    map(kernel_base, percpu_memory, false);
    map(places_address, places_memory, true);
    open_everything_to_ring_3();
}

}  // namespace msr::switching
