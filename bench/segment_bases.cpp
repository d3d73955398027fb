// How fast the checker looks at states: ten million of them, of an entry with faults and four events nested.

#include <cstdio>

#include "bench/measure.hpp"
#include "msr/context/segment_bases/checker.hpp"
#include "msr/context/segment_bases/library.hpp"
#include "msr/context/segment_bases/reader.hpp"

int main() {
    namespace context = msr::context;
    constexpr std::uint64_t states = 10'000'000;
    const auto* const shipped = context::find_sequence("linux-error-entry");
    if (shipped == nullptr) return 1;
    auto sequence = context::read(shipped->name, shipped->text, context::delivery::idt);
    if (!sequence) return 1;
    sequence->depth = 4;
    context::check_result result;
    const auto time = bench::microseconds(
        [&] { result = context::check(*sequence, sequence->needs, context::delivery::idt, states); });
    if (result.is == context::verdict::refuted || result.states < states) {
        std::fprintf(stderr, "bench_segment_bases: %llu states only\n", static_cast<unsigned long long>(result.states));
        return 1;
    }
    std::printf("%.2f %llu\n", time / 1e6, static_cast<unsigned long long>(result.states));
    return 0;
}
