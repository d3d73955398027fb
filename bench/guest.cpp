// A guest's WRMSR, checked and stored: by the engine, and by a switch over the same registers with the same rules, as a
// hypervisor would write it by hand. A mix as guests make it: mostly the few registers that a running system writes
// often, some that it writes once, and some that fault.

#include "msr/virt/guest.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/host/owned.hpp"
#include "msr/host/shipped_cpu.hpp"
#include "msr/registers/ia32_apic_base.hpp"
#include "msr/registers/ia32_cstar.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_fmask.hpp"
#include "msr/registers/ia32_fs_base.hpp"
#include "msr/registers/ia32_gs_base.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_mtrr_def_type.hpp"
#include "msr/registers/ia32_pat.hpp"
#include "msr/registers/ia32_spec_ctrl.hpp"
#include "msr/registers/ia32_star.hpp"
#include "msr/registers/ia32_sysenter_cs.hpp"
#include "msr/registers/ia32_sysenter_eip.hpp"
#include "msr/registers/ia32_sysenter_esp.hpp"
#include "msr/registers/ia32_time_stamp_counter.hpp"
#include "msr/registers/ia32_tsc_adjust.hpp"
#include "msr/registers/ia32_tsc_aux.hpp"
#include "msr/registers/ia32_tsc_deadline.hpp"
#include "msr/registers/ia32_x2apic_lvt_timer.hpp"
#include "msr/rules/all.hpp"

namespace {

using namespace msr;

constexpr std::string_view cpu_name = "ice-lake-sp";

struct write_of {
    std::uint32_t index;
    std::uint64_t value;
};

// The rival. What the CPU makes of the registers was worked out beforehand, as a hypervisor does.
class by_hand {
  public:
    explicit by_hand(const profile::profile& cpu)
        : width_{cpu.linear_width()},
          efer_{mask_of<ia32_efer::fields::sce, ia32_efer::fields::lme, ia32_efer::fields::lma,
                        ia32_efer::fields::nxe>()},
          base_{mask_of<ia32_apic_base::fields::bsp, ia32_apic_base::fields::extd, ia32_apic_base::fields::en>() |
                (ia32_apic_base::fields::apic_base::mask & physical_addresses)},
          spec_{mask_of<ia32_spec_ctrl::fields::ibrs, ia32_spec_ctrl::fields::stibp, ia32_spec_ctrl::fields::ssbd>()},
          type_{mask_of<ia32_mtrr_def_type::fields::type, ia32_mtrr_def_type::fields::fe,
                        ia32_mtrr_def_type::fields::e>()} {}

    bool write(std::uint32_t index, std::uint64_t value) {
        switch (index) {
            case ia32_fs_base::address: return address(fs_base, value);
            case ia32_gs_base::address: return address(gs_base, value);
            case ia32_kernel_gs_base::address: return address(kernel_gs_base, value);
            case ia32_lstar::address: return address(lstar, value);
            case ia32_cstar::address: return address(cstar, value);
            case ia32_sysenter_esp::address: return address(sysenter_esp, value);
            case ia32_sysenter_eip::address: return address(sysenter_eip, value);
            case ia32_sysenter_cs::address: sysenter_cs = static_cast<std::uint32_t>(value); return true;
            case ia32_star::address: return take(star, value);
            case ia32_fmask::address: return take(fmask, value);
            case ia32_tsc_aux::address: return (value & ~ia32_tsc_aux::fields::aux::mask) == 0 && take(tsc_aux, value);
            case ia32_x2apic_lvt_timer::address: return take(timer, value);
            case ia32_tsc_deadline::address: return take(deadline, in_deadline_mode() ? value : 0);
            case ia32_spec_ctrl::address: return (value & ~spec_) == 0 && take(spec_ctrl, value);
            case ia32_time_stamp_counter::address: adjust += value - counter; return take(counter, value);
            case ia32_tsc_adjust::address: counter += value - adjust; return take(adjust, value);
            case ia32_mtrr_def_type::address: return write_default_type(value);
            case ia32_pat::address: return write_pat(value);
            case ia32_efer::address: return write_efer(value);
            case ia32_apic_base::address: return write_apic_base(value);
            default: return false;
        }
    }

    bool paging = true;
    bool deadline_mode = true;

  private:
    static constexpr std::uint64_t physical_addresses = (std::uint64_t{1} << 46U) - 1;

    template <class... Field>
    static constexpr std::uint64_t mask_of() {
        return (Field::mask | ...);
    }
    static bool take(std::uint64_t& into, std::uint64_t value) {
        into = value;
        return true;
    }
    bool address(std::uint64_t& into, std::uint64_t value) const {
        return profile::is_canonical(value, width_) && take(into, value);
    }
    bool in_deadline_mode() const {
        if (!ia32_apic_base::from_raw(apic_base).extd()) return deadline_mode;
        return ia32_x2apic_lvt_timer::from_raw(timer).timer_mode() == apic_timer_mode::tsc_deadline;
    }
    static bool is_type(std::uint64_t type) { return type < 7 && type != 2 && type != 3; }
    bool write_default_type(std::uint64_t value) {
        return (value & ~type_) == 0 && is_type(value & ia32_mtrr_def_type::fields::type::mask) && take(type, value);
    }
    bool write_pat(std::uint64_t value) {
        for (unsigned entry = 0; entry < 64; entry += 8) {
            const auto one = value >> entry & 0xFF;
            if (one > 7 || one == 2 || one == 3) return false;
        }
        return take(pat, value);
    }
    bool write_efer(std::uint64_t value) {
        if ((value & ~efer_) != 0) return false;
        if (paging && ((value ^ efer) & ia32_efer::fields::lme::mask) != 0) return false;
        return take(efer, (value & ~ia32_efer::fields::lma::mask) | (efer & ia32_efer::fields::lma::mask));
    }
    bool write_apic_base(std::uint64_t value) {
        if ((value & ~base_) != 0) return false;
        const auto from = ia32_apic_base::from_raw(apic_base);
        const auto to = ia32_apic_base::from_raw(value);
        if (to.extd() && !to.en()) return false;
        if (from.extd() && to.en() && !to.extd()) return false;
        if (!from.en() && to.extd()) return false;
        return take(apic_base, value);
    }

    unsigned width_;
    std::uint64_t efer_, base_, spec_, type_;
    std::uint64_t fs_base = 0, gs_base = 0, kernel_gs_base = 0, lstar = 0, cstar = 0, star = 0, fmask = 0;
    std::uint64_t sysenter_esp = 0, sysenter_eip = 0, tsc_aux = 0, deadline = 0, spec_ctrl = 0;
    std::uint64_t counter = 0, adjust = 0, timer = 0, type = 0, pat = 0, efer = 0;
    std::uint64_t apic_base = ia32_apic_base::at_reset().raw();
    std::uint32_t sysenter_cs = 0;  // SDM 3 25.4.1: its field in the VMCS has 32 bits
};

// How the guest's local APIC is driven: by memory, or by registers.
enum class apic_mode : std::uint8_t { xapic, x2apic };

ia32_apic_base apic_base_in(apic_mode mode) {
    return ia32_apic_base::at_reset().extd(mode == apic_mode::x2apic);
}

// Assumed, not recorded: how often a running Linux guest writes what, in parts of a thousand.
std::vector<write_of> mix(apic_mode mode) {
    struct share {
        std::uint32_t index;
        int parts;
        std::uint64_t (*value)(std::uint64_t random);
    };
    const auto any = [](std::uint64_t random) { return random; };
    const auto low = [](std::uint64_t random) { return random & 0x7FFF'FFFF'FFFF; };
    const auto small = [](std::uint64_t random) { return random & 0xFFF; };
    const share shares[]{
        {ia32_tsc_deadline::address, 400, any},
        {ia32_spec_ctrl::address, 200, [](std::uint64_t random) { return random & 1; }},
        {ia32_fs_base::address, 120, low},
        {ia32_kernel_gs_base::address, 100, low},
        {ia32_gs_base::address, 40, low},
        {ia32_tsc_aux::address, 20, small},
        {ia32_tsc_adjust::address, 10, any},
        {ia32_time_stamp_counter::address, 5, any},
        {ia32_star::address, 10, any},
        {ia32_lstar::address, 10, low},
        {ia32_cstar::address, 10, low},
        {ia32_fmask::address, 10, small},
        {ia32_sysenter_cs::address, 10, small},
        {ia32_sysenter_esp::address, 10, low},
        {ia32_sysenter_eip::address, 10, low},
        {ia32_efer::address, 10, [](std::uint64_t random) { return random & ia32_efer::fields::sce::mask; }},
        {ia32_pat::address, 5, [](std::uint64_t) { return ia32_pat::at_reset().raw(); }},
        {ia32_mtrr_def_type::address, 5, [](std::uint64_t) { return std::uint64_t{6}; }},
        // What does not pass: reserved bits and addresses that are not canonical.
        {ia32_spec_ctrl::address, 4, any},
        {ia32_lstar::address, 4, [](std::uint64_t) { return std::uint64_t{1} << 60U; }},
        {ia32_pat::address, 2, [](std::uint64_t) { return std::uint64_t{2}; }},
    };
    std::mt19937_64 random{1};
    std::vector<write_of> result(5, {ia32_apic_base::address, apic_base_in(mode).raw()});
    for (const auto& one : shares) {
        for (int part = 0; part < one.parts; ++part)
            result.push_back({one.index, one.value(random())});
    }
    std::ranges::shuffle(result, random);
    return result;
}

struct virtual_cpu {
    host::shipped_cpu cpu{catalogue::built_in(), cpu_name};
    host::owned_table table{*cpu, {.rules = rules::all}};
    std::vector<std::uint64_t> values = std::vector<std::uint64_t>(table->initial().size());
    virt::guest guest{*table, table.cpu(), values.data()};

    virtual_cpu() {
        guest.around().state.paging = true;
        guest.around().state.timer_deadline_mode = true;
    }
};

// The local APIC of either, with its timer in deadline mode.
template <class Guest>
void start_apic(Guest& guest, apic_mode mode) {
    if (mode == apic_mode::xapic) return;
    benchmark::DoNotOptimize(guest.write(ia32_apic_base::address, apic_base_in(mode).raw()));
    const auto timer = ia32_x2apic_lvt_timer{}.timer_mode(apic_timer_mode::tsc_deadline);
    benchmark::DoNotOptimize(guest.write(ia32_x2apic_lvt_timer::address, timer.raw()));
}

// A benchmark of two that disagree would compare nothing.
void must_agree(const std::vector<write_of>& writes, apic_mode mode) {
    virtual_cpu engine;
    by_hand rival{*engine.cpu};
    start_apic(engine.guest, mode);
    start_apic(rival, mode);
    for (const auto& one : writes) {
        if (engine.guest.write(one.index, one.value).has_value() == rival.write(one.index, one.value)) continue;
        std::fprintf(stderr, "bench_guest: the two disagree at %x, %lx\n", one.index, one.value);
        std::exit(1);
    }
}

void guest_write_by_engine(benchmark::State& state, apic_mode mode) {
    const auto writes = mix(mode);
    must_agree(writes, mode);
    virtual_cpu engine;
    start_apic(engine.guest, mode);
    for (auto _ : state) {
        for (const auto& one : writes)
            benchmark::DoNotOptimize(engine.guest.write(one.index, one.value).has_value());
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(writes.size()));
}
BENCHMARK_CAPTURE(guest_write_by_engine, xapic, apic_mode::xapic);
BENCHMARK_CAPTURE(guest_write_by_engine, x2apic, apic_mode::x2apic);

void guest_write_by_hand(benchmark::State& state, apic_mode mode) {
    const auto writes = mix(mode);
    by_hand rival{*virtual_cpu{}.cpu};
    start_apic(rival, mode);
    for (auto _ : state) {
        for (const auto& one : writes)
            benchmark::DoNotOptimize(rival.write(one.index, one.value));
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(writes.size()));
}
BENCHMARK_CAPTURE(guest_write_by_hand, xapic, apic_mode::xapic);
BENCHMARK_CAPTURE(guest_write_by_hand, x2apic, apic_mode::x2apic);

void resolve_max_intel(benchmark::State& state) {
    const host::shipped_cpu cpu{catalogue::built_in(), "max-intel"};
    const auto as_guest = (*cpu).as_guest();
    const auto size = profile::register_table::size_for(as_guest, {.rules = rules::all});
    std::vector<profile::register_row> rows(size.rows);
    std::vector<profile::check> checks(size.checks);
    std::vector<profile::address_slot> slots(size.slots);
    std::vector<std::uint64_t> initial(size.initial);
    std::vector<std::uint64_t> constants(size.constants);
    std::vector<profile::resolved_field> fields(size.fields);
    const profile::table_storage storage{{rows.data(), rows.size()},           {checks.data(), checks.size()},
                                         {slots.data(), slots.size()},         {initial.data(), initial.size()},
                                         {constants.data(), constants.size()}, {fields.data(), fields.size()}};
    for (auto _ : state)
        benchmark::DoNotOptimize(profile::register_table::make(as_guest, {.rules = rules::all}, storage));
    state.counters["state_bytes"] = static_cast<double>(
        (profile::register_table::make(as_guest, {.rules = rules::all}, storage)->initial().size() * 8) +
        sizeof(virt::guest));
}
BENCHMARK(resolve_max_intel);

}  // namespace

BENCHMARK_MAIN();
