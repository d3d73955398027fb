#include "msr/host/pinned.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <climits>
#include <semaphore>
#include <system_error>
#include <thread>
#include <vector>

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "msr/host/cpu_list.hpp"

namespace msr::host {
namespace {

constexpr std::size_t most_threads = 64;
constexpr std::uint32_t bits_per_word = sizeof(unsigned long) * CHAR_BIT;
using cpu_mask = std::array<unsigned long, cpu_limit / bits_per_word>;

// At most so many threads that run `body`; fewer, or none, where the system gives no more.
std::vector<std::jthread> start_threads(std::size_t count, const std::function<void()>& body) {
    std::vector<std::jthread> threads;
    try {
        while (threads.size() < std::min(count, most_threads)) {
            threads.emplace_back(body);
        }
    } catch (const std::system_error&) {
        return threads;
    }
    return threads;
}

// The system call itself: glibc's cpu_set_t ends at 1024 CPUs.
bool allow_only(std::uint32_t cpu) {
    if (cpu >= cpu_limit) return false;
    cpu_mask mask{};
    mask[cpu / bits_per_word] = 1UL << (cpu % bits_per_word);
    return ::syscall(SYS_sched_setaffinity, 0, sizeof mask, mask.data()) == 0;
}

}  // namespace

pinned::pinned(std::uint32_t cpu)
    : before_size_{::syscall(SYS_sched_getaffinity, 0, sizeof before_, before_.data())},
      held_{before_size_ > 0 && allow_only(cpu)} {}

pinned::~pinned() {
    if (held_) ::syscall(SYS_sched_setaffinity, 0, before_size_, before_.data());
}

void on_each_cpu(std::span<const std::uint32_t> cpus, const std::function<void(std::size_t)>& work,
                 const std::function<void()>& tick) {
    if (cpus.empty()) return;
    // Turns start at the CPU that this thread is on, which then need not be left.
    const auto current = std::ranges::find(cpus, static_cast<std::uint32_t>(::sched_getcpu()));
    const auto start = current == cpus.end() ? 0 : static_cast<std::size_t>(current - cpus.begin());
    const auto take_turn = [&](std::size_t turn) {
        const auto position = (start + turn) % cpus.size();
        const pinned here{cpus[position]};
        work(position);
    };
    // This thread takes the first turn, unless it has to call tick.
    const std::size_t first = tick ? 0 : 1;
    std::atomic<std::size_t> next{first};
    const auto take_turns = [&] {
        for (auto turn = next++; turn < cpus.size(); turn = next++) {
            take_turn(turn);
        }
    };
    std::counting_semaphore<most_threads> finished{0};
    const auto threads = start_threads(cpus.size() - first, [&] {
        take_turns();
        finished.release();
    });
    if (!tick) take_turn(0);
    // What the threads have not taken, if there are too few or none.
    if (!tick || threads.empty()) take_turns();
    if (!tick) return;
    for (std::size_t waited = 0; waited < threads.size(); ++waited) {
        while (!finished.try_acquire_for(std::chrono::milliseconds{100})) {
            tick();
        }
    }
}

}  // namespace msr::host
