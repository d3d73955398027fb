// What a virtual CPU's intercepts cost as they change: a whole decision of 200 rows, one state of the guest.

#include <cstdint>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/host/shipped_cpu.hpp"
#include "msr/virt/owned_policy_table.hpp"

namespace {

using namespace msr;
using catalogue::built_in;

constexpr std::size_t measured_rows = 200;

const catalogue::policy_entry* shipped_policy(text name) {
    for (const auto& one : built_in().policies) {
        if (one.name == name) return &one;
    }
    return nullptr;
}

// Rows of a register each, spread over all that the catalogue knows and the map covers; every fourth hangs on a state,
// as more than do in any policy that ships.
template <class Map>
class many_rows {
  public:
    many_rows() {
        std::vector<std::uint32_t> all;
        for (const auto& entry : built_in().registers) {
            if (Map::bit_of(entry.address, direction::read)) all.push_back(entry.address);
        }
        for (std::size_t at = 0; at < measured_rows; ++at)
            registers_.push_back({.first = all[at * all.size() / measured_rows]});
        for (std::uint64_t at = 0; at < measured_rows; ++at)
            conditions_.push_back({.code = catalogue::operation::state, .operand = at % built_in().states.size()});
        for (std::size_t at = 0; at < measured_rows; ++at) {
            const bool by_state = at % 4 == 0;
            rows_.push_back({.registers = {&registers_[at], 1},
                             .reads = at % 3 != 1,
                             .writes = at % 3 != 0,
                             .passes = true,
                             .when = {&conditions_[at], by_state ? std::size_t{1} : 0}});
        }
    }

    [[nodiscard]] catalogue::policy_entry entry() const { return {.name = "bench", .rows = rows_}; }

  private:
    std::vector<catalogue::policy_registers> registers_;
    std::vector<catalogue::instruction> conditions_;
    std::vector<catalogue::policy_row> rows_;
};

// A virtual CPU under a policy.
template <class Map>
struct virtual_cpu {
    virtual_cpu(const catalogue::policy_entry& policy, const char* name)
        : cpu{built_in(), name},
          on{*cpu},
          table{policy, {on, on, ~std::uint64_t{0}}},
          allowed(table->words().size()),
          decided{map, *table, {allowed.data(), allowed.size()}} {}

    host::shipped_cpu cpu;
    profile::profile on;
    virt::owned_policy_table<Map> table;
    std::vector<std::uint64_t> allowed;
    Map map;
    virt::intercepts<Map> decided;
};

template <class Map>
void decide(benchmark::State& state) {
    const many_rows<Map> rows;
    virtual_cpu<Map> guest{rows.entry(), "max-intel"};
    for (auto _ : state) {
        guest.decided.decide();
        benchmark::DoNotOptimize(guest.map);
    }
    state.counters["words"] = static_cast<double>(guest.table->words().size());
    state.counters["bytes"] =
        static_cast<double>(virt::memory_of_intercepts<Map>(virt::policy_table<Map>::size_for(rows.entry()).words));
}

// One state changes to and fro, with what flipped counted.
template <class Map>
void change_state(benchmark::State& state, text policy, const char* cpu, text name, std::uint64_t others) {
    const auto* const shipped = shipped_policy(policy);
    const auto which = virt::input_bit(built_in().states, name);
    if (shipped == nullptr || which == 0) {
        state.SkipWithError("there is no such policy or state");
        return;
    }
    virtual_cpu<Map> guest{*shipped, cpu};
    std::uint64_t flips = 0;
    guest.decided.change_states(others, others, [](const virt::flipped_access&) {});
    bool now = (guest.decided.states() & which) != 0;
    for (auto _ : state) {
        now = !now;
        guest.decided.change_state(which, now, [&](const virt::flipped_access&) { ++flips; });
        benchmark::DoNotOptimize(guest.map);
    }
    state.counters["flips"] = benchmark::Counter(static_cast<double>(flips), benchmark::Counter::kAvgIterations);
    if (flips == 0) state.SkipWithError("nothing flipped");
}

using vmx_map = virt::vmx::msr_bitmap;
using svm_map = virt::svm::msr_permission_map;

void vmx_spec_ctrl(benchmark::State& state) {
    change_state<vmx_map>(state, "kvm-7.3-vmx", "sapphire-rapids", "spec_ctrl_nonzero_once", 0);
}
void svm_spec_ctrl(benchmark::State& state) {
    change_state<svm_map>(state, "lean", "zen-3", "spec_ctrl_nonzero_once", 0);
}
void vmx_apicv(benchmark::State& state) {
    change_state<vmx_map>(state, "kvm-7.3-vmx", "sapphire-rapids", "apicv", ~std::uint64_t{0});
}

BENCHMARK(decide<vmx_map>)->Name("vmx_decide");
BENCHMARK(decide<svm_map>)->Name("svm_decide");
BENCHMARK(vmx_spec_ctrl)->Name("vmx_change_spec_ctrl");
BENCHMARK(svm_spec_ctrl)->Name("svm_change_spec_ctrl");
BENCHMARK(vmx_apicv)->Name("vmx_change_apicv");

}  // namespace

BENCHMARK_MAIN();
