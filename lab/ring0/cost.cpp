// Part 5, cost: cycles of RDMSR and WRMSR by register.
#include "lab/ring0/control_bits.hpp"
#include "lab/ring0/measure.hpp"
#include "lab/ring0/parts.hpp"
#include "lab/ring0/tap.hpp"
#include "msr/catalogue/built_in.hpp"
#include "msr/catalogue/evaluate.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_fs_base.hpp"
#include "msr/registers/ia32_gs_base.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_pat.hpp"
#include "msr/registers/ia32_spec_ctrl.hpp"
#include "msr/registers/ia32_star.hpp"
#include "msr/registers/ia32_sysenter_eip.hpp"
#include "msr/registers/ia32_tsc_aux.hpp"
#include "msr/registers/ia32_tsc_deadline.hpp"
#include "msr/registers/layouts/control_register_4.hpp"

namespace msr::ring0 {
namespace {

text serialises(const profile::profile& cpu, std::uint32_t address) {
    for (const auto& entry : catalogue::built_in().registers) {
        if (entry.address != address || profile::exists(entry, cpu) == catalogue::holds::no) continue;
        if (entry.serialising.empty()) return "serialising";
        const auto holds = catalogue::test(entry.serialising, cpu);
        return holds == catalogue::holds::no ? text{"not serialising"} : text{"serialising"};
    }
    return "absent";
}

template <class R>
void cost_of(const profile::profile& cpu) {
    const auto own = native_bus{}.read(R::address);
    if (!own) return note(R::name, ": this CPU refuses it");
    const auto reads = measure([] { (void)native_bus{}.read(R::address); });
    const auto writes = measure([value = *own] { (void)native_bus{}.write(R::address, value); });
    note(R::name, ": RDMSR ", reads, ", WRMSR ", writes, ", ", serialises(cpu, R::address));
}

template <class... R>
void cost_of_all(const profile::profile& cpu) {
    (cost_of<R>(cpu), ...);
}

void cost_without_msr(const profile::profile& cpu) {
    note("SWAPGS twice: ", measure([] {
             instructions::swapgs();
             instructions::swapgs();
         }));
    const auto bases = enumerated<features::fsgsbase>::by(cpu);
    if (bases && control_register_4::from_raw(read_cr4()).fsgsbase()) {
        const auto base = instructions::rdgsbase(*bases);
        note("RDGSBASE ", measure([=] { (void)instructions::rdgsbase(*bases); }), ", WRGSBASE ",
             measure([=] { (void)instructions::wrgsbase(*bases, base); }));
    }
    if (const auto has = enumerated<features::wrmsrns>::by(cpu)) {
        const auto own = native_bus{}.read(ia32_kernel_gs_base::address).value_or(0);
        note("IA32_KERNEL_GS_BASE by WRMSRNS: ",
             measure([=] { (void)native_bus_non_serialising{*has}.write(ia32_kernel_gs_base::address, own); }));
    }
}

}  // namespace

void measure_cost(const profile::profile& cpu) {
    note("5. cost in cycles: least / median / 99th percentile of ", detail::runs,
         " runs, without the measuring itself");
    note("an emulator's cycles are not a CPU's: they tell what the emulator counts, not what an access costs");
    cost_of_all<ia32_efer, ia32_star, ia32_lstar, ia32_fs_base, ia32_gs_base, ia32_kernel_gs_base, ia32_pat,
                ia32_sysenter_eip, ia32_tsc_aux, ia32_tsc_deadline, ia32_spec_ctrl>(cpu);
    cost_without_msr(cpu);
}

}  // namespace msr::ring0
