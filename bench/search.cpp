// Searching the whole catalogue, without the process around it: a word that little has, and a letter that nearly
// everything has.

#include <benchmark/benchmark.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/catalogue/lookup.hpp"

namespace {

void search(benchmark::State& state, const char* word) {
    for ([[maybe_unused]] auto _ : state)
        benchmark::DoNotOptimize(msr::catalogue::search(msr::catalogue::built_in(), word));
}

BENCHMARK_CAPTURE(search, rare, "ibrs")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(search, common, "e")->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
