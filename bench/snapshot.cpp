// What `msr snapshot` spends its time on, linux_machine::read, against loops of preads over the same registers and
// CPUs: one with a thread bound to each CPU, and one that reads CPU after CPU from wherever it runs. Needs the msr
// driver. Prints a line for each number of registers: how many, the library's median time in microseconds, the median
// of its ratio to the bound loop, and that of the unbound loop's ratio to it.
//
// usage: bench_snapshot ROUNDS

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "bench/measure.hpp"
#include "msr/catalogue/built_in.hpp"
#include "msr/host/linux_machine.hpp"
#include "msr/profile/resolve.hpp"

namespace {

using numbers = std::vector<std::uint32_t>;

// The rival, as one would write it in C: the values go into an array that is there already.
struct row {
    std::uint32_t cpu = 0;
    const numbers* addresses = nullptr;
    std::uint64_t* values = nullptr;
};

void* read_row(void* argument) {
    const auto* const what = static_cast<row*>(argument);
    const auto path = "/dev/cpu/" + std::to_string(what->cpu) + "/msr";
    const int device = ::open(path.c_str(), O_RDONLY);
    for (std::size_t at = 0; at < what->addresses->size(); ++at) {
        if (::pread(device, &what->values[at], sizeof *what->values, (*what->addresses)[at]) < 0) what->values[at] = 0;
    }
    ::close(device);
    return nullptr;
}

void* read_row_bound(void* argument) {
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(static_cast<row*>(argument)->cpu, &here);
    ::pthread_setaffinity_np(::pthread_self(), sizeof here, &here);
    return read_row(argument);
}

void read_bound(std::vector<row>& rows) {
    std::vector<pthread_t> threads(rows.size());
    for (std::size_t at = 0; at < rows.size(); ++at)
        ::pthread_create(&threads[at], nullptr, read_row_bound, &rows[at]);
    for (const auto thread : threads)
        ::pthread_join(thread, nullptr);
}

void read_unbound(std::vector<row>& rows) {
    for (auto& one : rows)
        read_row(&one);
}

// The registers that the catalogue gives the first CPU.
numbers registers_of(msr::host::machine& machine) {
    const auto& facts = msr::catalogue::built_in();
    const msr::profile::profile cpu{facts, machine.cpuid(machine.cpus().front()), {}};
    numbers result;
    for (const auto& entry : facts.registers) {
        if (entry.access == msr::catalogue::access::write_only) continue;
        if (msr::profile::exists(entry, cpu) != msr::catalogue::holds::yes) continue;
        for (std::uint32_t member = 0; member < msr::profile::member_count(entry, cpu); ++member)
            result.push_back(entry.address + (entry.stride * member));
    }
    return result;
}

void compare(msr::host::machine& machine, const numbers& addresses, int rounds) {
    std::vector<std::uint64_t> values(machine.cpus().size() * addresses.size());
    std::vector<row> rows;
    for (const auto cpu : machine.cpus())
        rows.push_back({cpu, &addresses, values.data() + (rows.size() * addresses.size())});
    const auto library = [&] { (void)machine.read(machine.cpus(), addresses); };
    const auto bound = [&] { read_bound(rows); };
    const auto unbound = [&] { read_unbound(rows); };
    std::vector<double> times;
    std::vector<double> to_bound;
    std::vector<double> to_unbound;
    for (int round = 0; round < rounds; ++round) {
        // Each goes first as often as the other, and a round's ratio compares neighbours in time.
        const bool first = round % 2 == 0;
        const auto before = first ? bench::microseconds(library) : 0;
        const auto rival = bench::microseconds(bound);
        const auto time = first ? before : bench::microseconds(library);
        times.push_back(time);
        to_bound.push_back(time / rival);
        to_unbound.push_back(bench::microseconds(unbound) / time);
    }
    std::printf("%zu %.0f %.2f %.2f\n", addresses.size(), bench::median(times), bench::median(to_bound),
                bench::median(to_unbound));
}

}  // namespace

int main(int argc, char** argv) {
    const int rounds = argc < 2 ? 0 : std::atoi(argv[1]);
    if (rounds < 1) {
        std::fputs("usage: bench_snapshot ROUNDS\n", stderr);
        return 2;
    }
    auto machine = msr::host::linux_machine::open();
    if (!machine) {
        std::fprintf(stderr, "bench_snapshot: %s\n", machine.error().line().c_str());
        return 3;
    }
    const auto once = registers_of(*machine);
    // The same ones over and over: what a CPU with thousands of registers would cost.
    numbers many;
    while (many.size() < 5000)
        many.insert(many.end(), once.begin(), once.end());
    compare(*machine, once, rounds);
    compare(*machine, many, rounds);
    return 0;
}
