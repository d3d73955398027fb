#include "lab/ring0/guest_program.hpp"

#include "lab/oracle/try_on.hpp"
#include "lab/ring0/control_bits.hpp"
#include "lab/ring0/descriptors.hpp"
#include "lab/ring0/refused_values.hpp"
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/profile/cpuid_walk.hpp"
#include "msr/registers/hv_x64_msr_guest_os_id.hpp"
#include "msr/registers/ia32_apic_base.hpp"
#include "msr/registers/ia32_cstar.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_fmask.hpp"
#include "msr/registers/ia32_fs_base.hpp"
#include "msr/registers/ia32_gs_base.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_mtrr_def_type.hpp"
#include "msr/registers/ia32_mtrrcap.hpp"
#include "msr/registers/ia32_pat.hpp"
#include "msr/registers/ia32_star.hpp"
#include "msr/registers/ia32_sysenter_cs.hpp"
#include "msr/registers/ia32_sysenter_eip.hpp"
#include "msr/registers/ia32_sysenter_esp.hpp"
#include "msr/registers/ia32_time_stamp_counter.hpp"
#include "msr/registers/ia32_tsc_aux.hpp"
#include "msr/registers/ia32_vmx_basic.hpp"
#include "msr/registers/vm_hsave_pa.hpp"

extern "C" void guest_system_call_entry();

namespace msr::ring0 {

constinit guest_memory guest_shared{};

namespace {

using virt::accesses;
using virt::passed_register;

constexpr passed_register passed[]{
    {ia32_fs_base::address},
    {ia32_gs_base::address},
    {ia32_kernel_gs_base::address},
    {ia32_star::address},
    {ia32_lstar::address},
    {ia32_cstar::address},
    {ia32_fmask::address},
    {ia32_sysenter_cs::address},
    {ia32_sysenter_esp::address},
    {ia32_sysenter_eip::address},
    {ia32_pat::address, accesses::reads},  // each direction is decided by itself
    {ia32_time_stamp_counter::address, accesses::reads},
};

constexpr std::uint64_t high_half = 0xFFFF'8000'0000'0000;
constexpr std::uint64_t all_ones = ~std::uint64_t{0};

void add(text name, text what, std::uint32_t address, std::uint64_t value) {
    if (guest_shared.count == guest_cases) bail_out("the guest has room for ", guest_cases, " cases");
    guest_shared.cases[guest_shared.count++] = {
        .register_name = name, .what = what, .access = {.address = address, .value = value}};
}

template <class R>
void add(text what, std::uint64_t value) {
    add(R::name, what, R::address, value);
}

void add_passed() {
    add<ia32_lstar>("an address", high_half + 0x1000);
    add<ia32_lstar>("an address that is not canonical", not_canonical);
    add<ia32_cstar>("an address", high_half + 0x2000);
    add<ia32_star>("selectors", ia32_star{}.syscall_cs_ss(selector::code).raw());
    add<ia32_fmask>("flags",
                    ia32_fmask{}.syscall_flag_mask(rflags::trap | rflags::interrupts | rflags::direction).raw());
    add<ia32_fs_base>("an address", high_half + 0x3000);
    add<ia32_gs_base>("an address", high_half + 0x4000);
    add<ia32_kernel_gs_base>("an address", high_half + 0x5000);
    add<ia32_kernel_gs_base>("an address that is not canonical", not_canonical);
    add<ia32_sysenter_cs>("a selector", selector::code);
    add<ia32_sysenter_esp>("a stack", 0x1000);
    add<ia32_sysenter_eip>("an entry", 0x2000);
}

void add_intercepted() {
    const auto efer = ia32_efer{}.lme(true).with<ia32_efer::fields::lma>(true);
    add<ia32_pat>("write-combining", ia32_pat::at_reset().pa(1, memory_type_pat::wc).raw());
    add<ia32_pat>("a reserved memory type", pat_of_a_reserved_type().raw());
    add<ia32_efer>("SCE set", efer.sce(true).raw());
    add<ia32_efer>("LME cleared while paging", ia32_efer{}.raw());
    add<ia32_efer>("all ones", all_ones);
    add<ia32_tsc_aux>("a number", 0x1234);
    add<ia32_mtrr_def_type>("off", 0);
    add<ia32_mtrr_def_type>("a reserved bit", not_canonical);
    add<ia32_mtrrcap>("read-only", 0);
    add<ia32_apic_base>("reserved bits", all_ones);
    add<ia32_vmx_basic>("hidden from the guest", 0);
    add<vm_hsave_pa>("hidden from the guest", 0);
}

void add_outside() {
    using namespace virt;
    add<hv_x64_msr_guest_os_id>("in no range of the map", 0);
    add("the register behind the low range", "in no range of the map", low_range + registers_in_range, 0);
    add("the register behind the high range", "in no range of VMX's map", high_range + registers_in_range, 0);
}

// ---- What follows runs in the guest.

void exit_for_nothing() {
    (void)profile::native_cpuid(0, 0);
}

void try_cases() {
    auto& report = guest_shared.report;
    for (report.current = 0; report.current < guest_shared.count; ++report.current) {
        report.trying = true;
        oracle::try_on(native_bus{}, guest_shared.cases[report.current].access);
        report.trying = false;
    }
}

// The hypervisor's own values are in these registers while it runs.
void keep_bases() {
    native_bus cpu;
    auto& report = guest_shared.report;
    (void)write(cpu, ia32_gs_base{guest_gs});
    (void)write(cpu, ia32_kernel_gs_base{guest_kernel_gs});
    exit_for_nothing();
    report.kernel_gs_after_exit = cpu.read(ia32_kernel_gs_base::address).value_or(0);
    instructions::swapgs();
    exit_for_nothing();
    report.gs_after_swap_and_exit = cpu.read(ia32_gs_base::address).value_or(0);
}

// SYSCALL in ring 0: needs the guest's own SCE, STAR and LSTAR in the CPU.
void call_system() {
    native_bus cpu;
    (void)update<ia32_efer>(cpu, [](ia32_efer value) { return value.sce(true); });
    (void)write(cpu, ia32_star{}.syscall_cs_ss(selector::code));
    (void)write(cpu, ia32_lstar{reinterpret_cast<std::uint64_t>(guest_system_call_entry)});
    exit_for_nothing();
    std::uint64_t calls = 0;
    asm volatile("1: syscall\n2:" MSRKIT_RECOVER_AT("2b") : "+a"(calls)::"rcx", "r11", "memory");
    guest_shared.report.system_calls = calls;
}

void see_pat() {
    native_bus cpu;
    (void)write(cpu, ia32_pat::at_reset().pa(1, memory_type_pat::wc));
    guest_shared.report.pat_seen = cpu.read(ia32_pat::address).value_or(0);
}

void measure_exits() {
    native_bus cpu;
    auto& report = guest_shared.report;
    const auto aux = cpu.read(ia32_tsc_aux::address).value_or(0);
    report.passed_read = measure([=] { (void)cpu.read(ia32_lstar::address); });
    report.exiting_read = measure([=] { (void)cpu.read(ia32_tsc_aux::address); });
    report.exiting_write = measure([=] { (void)cpu.write(ia32_tsc_aux::address, aux); });
    report.cpuid = measure(exit_for_nothing);
}

}  // namespace

view<passed_register> policy() {
    return passed;
}

void prepare_guest() {
    guest_shared.count = 0;
    guest_shared.report = {};
    add_passed();
    add_intercepted();
    add_outside();
}

}  // namespace msr::ring0

void guest_main() {
    using namespace msr::ring0;
    try_cases();
    keep_bases();
    call_system();
    see_pat();
    measure_exits();
    for (;;)
        asm volatile("hlt");
}
