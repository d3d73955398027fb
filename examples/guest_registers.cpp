// What a hypervisor needs to answer its guests' RDMSR and WRMSR: docs/embed-in-a-hypervisor.md explains it. Compiled
// freestanding, as a hypervisor would.

#include "msr/catalogue/built_in.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_fs_base.hpp"
#include "msr/registers/ia32_gs_base.hpp"
#include "msr/rules/all.hpp"
#include "msr/rules/follow_paging.hpp"
#include "msr/virt/guest.hpp"

namespace {

using namespace msr;

// Room for the tables, made once for all virtual CPUs of a kind. register_table::make says if it is too little.
constexpr std::size_t most_addresses = 4096;
profile::register_row rows[1024];
profile::check checks[16384];
profile::address_slot slots[2 * most_addresses];
std::uint64_t initial[most_addresses];
std::uint64_t constants[most_addresses];
profile::resolved_field fields[256];

// What this hypervisor keeps in its control structure instead of in the register file.
constexpr std::uint32_t backed[]{ia32_fs_base::address, ia32_gs_base::address, ia32_efer::address};

constexpr std::size_t most_values = 2048;

struct virtual_cpu {
    std::uint64_t fs_base = 0;  // these three stand for VMREAD and VMWRITE, or fields of a VMCB
    std::uint64_t gs_base = 0;
    std::uint64_t efer = 0;
    std::uint64_t values[most_values]{};

    std::uint64_t& field(std::uint32_t address) {
        if (address == ia32_fs_base::address) return fs_base;
        return address == ia32_gs_base::address ? gs_base : efer;
    }
};

std::uint64_t read_field(void* self, std::uint32_t address) {
    return static_cast<virtual_cpu*>(self)->field(address);
}

void write_field(void* self, std::uint32_t address, std::uint64_t value) {
    static_cast<virtual_cpu*>(self)->field(address) = value;
}

// EDX:EAX and ECX as an exit finds them.
struct exit_registers {
    std::uint32_t eax, ecx, edx;
};

}  // namespace

/// The tables for the CPU that a guest is shown. `cpuid` is what it is told, sorted by leaf and sub-leaf; `registers`
/// are the capability registers that it is shown, sorted by address.
bool make_tables(view<profile::cpuid_leaf> cpuid, view<profile::known_register> registers,
                 profile::register_table& into) {
    const auto cpu = profile::profile{catalogue::built_in(), cpuid, registers}.as_guest();
    const auto made = profile::register_table::make(cpu, {.rules = rules::all, .backed = backed},
                                                    {rows, checks, slots, initial, constants, fields});
    if (!made) return false;
    into = *made;
    return into.initial().size() <= most_values;
}

/// An exit for RDMSR. False: inject #GP(0).
bool on_rdmsr(virt::guest& guest, exit_registers& registers) {
    const auto value = guest.read(registers.ecx);
    if (!value) return false;
    registers.eax = static_cast<std::uint32_t>(*value);
    registers.edx = static_cast<std::uint32_t>(*value >> 32U);
    return true;
}

/// An exit for WRMSR. False: inject #GP(0).
bool on_wrmsr(virt::guest& guest, const exit_registers& registers) {
    const auto value = std::uint64_t{registers.edx} << 32U | registers.eax;
    return guest.write(registers.ecx, value).has_value();
}

/// The guest turned paging on or off: EFER.LMA follows, and EFER.LME is then fixed.
void on_paging(virt::guest& guest, bool on) {
    guest.around().state.paging = on;
    rules::follow_paging(guest.around());
}

/// A virtual CPU's registers, with what this hypervisor keeps elsewhere.
bool start(const profile::register_table& table, const profile::profile& cpu) {
    static virtual_cpu memory;
    virt::guest guest{table, cpu, memory.values, {&memory, read_field, write_field}};
    exit_registers exit{.eax = ia32_efer{}.sce(true).raw() & 0xFFFFFFFF, .ecx = ia32_efer::address, .edx = 0};
    on_paging(guest, false);
    return on_wrmsr(guest, exit) && on_rdmsr(guest, exit);
}
