// What a switch's plan and a user-return register cost at run time: a plan for 20 registers, and a value that is there
// already. And what the plans write, against all of it, by the costs that are assumed.

#include <array>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <benchmark/benchmark.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/context/assumed_cycles.hpp"
#include "msr/context/switch_plan/plan.hpp"
#include "msr/context/switch_plan/user_return.hpp"
#include "msr/host/shipped_cpu.hpp"
#include "msr/registers/ia32_cstar.hpp"
#include "msr/registers/ia32_fmask.hpp"
#include "msr/registers/ia32_fred_rsp0.hpp"
#include "msr/registers/ia32_fs_base.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_pat.hpp"
#include "msr/registers/ia32_pkrs.hpp"
#include "msr/registers/ia32_pl0_ssp.hpp"
#include "msr/registers/ia32_pl1_ssp.hpp"
#include "msr/registers/ia32_pl3_ssp.hpp"
#include "msr/registers/ia32_s_cet.hpp"
#include "msr/registers/ia32_spec_ctrl.hpp"
#include "msr/registers/ia32_star.hpp"
#include "msr/registers/ia32_sysenter_cs.hpp"
#include "msr/registers/ia32_sysenter_eip.hpp"
#include "msr/registers/ia32_sysenter_esp.hpp"
#include "msr/registers/ia32_tsc_aux.hpp"
#include "msr/registers/ia32_u_cet.hpp"
#include "msr/registers/ia32_xss.hpp"

namespace {

using namespace msr;

// In the order of their addresses.
constexpr std::array addresses{
    ia32_spec_ctrl::address, ia32_sysenter_cs::address, ia32_sysenter_esp::address,   ia32_sysenter_eip::address,
    ia32_fred_rsp0::address, ia32_pat::address,         ia32_u_cet::address,          ia32_s_cet::address,
    ia32_pl0_ssp::address,   ia32_pl1_ssp::address,     ia32_pl3_ssp::address,        ia32_pkrs::address,
    ia32_xss::address,       ia32_star::address,        ia32_lstar::address,          ia32_cstar::address,
    ia32_fmask::address,     ia32_fs_base::address,     ia32_kernel_gs_base::address, ia32_tsc_aux::address,
};
static_assert(addresses.size() == 20);

struct two_sets {
    host::shipped_cpu cpu{catalogue::built_in(), "panther-lake"};
    std::array<context::switch_rule, addresses.size()> rows;
    context::switch_rules rules;
    std::vector<profile::known_register> previous;
    std::vector<profile::known_register> next;

    // Every so many registers differ.
    explicit two_sets(std::size_t every) {
        const auto made = context::make_switch_rules(*cpu, addresses, 0, {rows.data(), rows.size()});
        if (!made) {
            std::fprintf(stderr, "bench_switch_plan: no rule for register %x\n", made.error().address);
            std::exit(1);
        }
        rules = *made;
        for (std::size_t at = 0; at < addresses.size(); ++at) {
            previous.push_back({addresses[at], 0x1000});
            next.push_back({addresses[at], at % every == 0 ? 0x2000U : 0x1000U});
        }
    }
};

void plan_20_registers(benchmark::State& state) {
    two_sets sets{static_cast<std::size_t>(state.range(0))};
    std::array<context::planned_write, addresses.size()> storage;
    const auto plan = [&] {
        return context::make_register_plan({sets.previous}, {sets.next}, sets.rules, {storage.data(), storage.size()});
    };
    for (auto _ : state) {
        benchmark::DoNotOptimize(sets.next.data());
        benchmark::DoNotOptimize(plan());
    }
    const auto made = plan();
    // "Write all": a WRMSR each.
    unsigned all = 0;
    for (const auto& row : sets.rules.rows)
        all += row.wrmsr_serialises ? context::assumed_cycles::wrmsr_serialising : context::assumed_cycles::wrmsr;
    state.counters["cycles"] = made ? assumed_cycles_of(made->now) + assumed_cycles_of(made->late) : 0;
    state.counters["cycles_of_all"] = all;
}
// All differ; every fifth; one.
BENCHMARK(plan_20_registers)->Arg(1)->Arg(5)->Arg(20);

// Registers that nothing but memory stands for.
struct no_registers {
    result<std::uint64_t> read(std::uint32_t) const { return 0; }
    result<void> write(std::uint32_t, std::uint64_t) const { return {}; }
};

void set_that_changes_nothing(benchmark::State& state) {
    const no_registers bus;
    constexpr std::array<std::uint32_t, 4> waiting{ia32_star::address, ia32_lstar::address, ia32_fmask::address,
                                                   ia32_tsc_aux::address};
    context::user_return_registers<4> registers{waiting};
    registers.probe(bus);
    for (std::size_t at = 0; at < waiting.size(); ++at)
        static_cast<void>(registers.set(bus, at, 0x1000 + at));
    for (auto _ : state) {
        for (std::size_t at = 0; at < waiting.size(); ++at) {
            benchmark::DoNotOptimize(registers);
            benchmark::DoNotOptimize(registers.set(bus, at, 0x1000 + at).has_value());
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(waiting.size()));
}
BENCHMARK(set_that_changes_nothing);

}  // namespace

BENCHMARK_MAIN();
