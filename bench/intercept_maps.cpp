// Building what decides which of a guest's accesses exit, from 200 registers that are decided.

#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/virt/svm/msr_permission_map.hpp"
#include "msr/virt/vmx/msr_bitmap.hpp"

namespace {

using namespace msr;

// Registers as they are, spread over all that the catalogue knows; a third each is read, written, or both.
template <class Map>
std::vector<virt::passed_register> decided() {
    constexpr std::size_t wanted = 200;
    constexpr virt::accesses kinds[]{virt::accesses::reads, virt::accesses::writes, virt::accesses::both};
    std::vector<virt::passed_register> all;
    Map scratch;
    for (const auto& entry : catalogue::built_in().registers) {
        if (scratch.pass(entry.address)) all.push_back({entry.address, kinds[all.size() % 3]});
    }
    std::vector<virt::passed_register> result;
    for (std::size_t at = 0; at < wanted; ++at)
        result.push_back(all[at * all.size() / wanted]);
    return result;
}

template <class Map>
void build(benchmark::State& state) {
    const auto rows = decided<Map>();
    for (auto _ : state) {
        Map map;
        auto done = map.pass(rows);
        benchmark::DoNotOptimize(done);
        benchmark::DoNotOptimize(map);
    }
}

BENCHMARK(build<virt::vmx::msr_bitmap>)->Name("vmx_msr_bitmap");
BENCHMARK(build<virt::svm::msr_permission_map>)->Name("svm_msr_permission_map");

}  // namespace

BENCHMARK_MAIN();
