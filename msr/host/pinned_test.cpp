#include "msr/host/pinned.hpp"

#include <atomic>
#include <chrono>
#include <numeric>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sched.h>

namespace msr::host {
namespace {

// The CPUs that this program may run on.
std::vector<std::uint32_t> allowed_cpus() {
    cpu_set_t allowed;
    EXPECT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    std::vector<std::uint32_t> cpus;
    for (std::uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
    }
    return cpus;
}

TEST(pinned, holds_the_thread_and_gives_it_back) {
    const auto before = allowed_cpus();
    for (const auto cpu : before) {
        const pinned here{cpu};
        ASSERT_TRUE(here);
        EXPECT_EQ(static_cast<std::uint32_t>(sched_getcpu()), cpu);
        EXPECT_EQ(allowed_cpus(), std::vector{cpu});
    }
    EXPECT_EQ(allowed_cpus(), before);
}

TEST(pinned, a_cpu_that_is_not_there_changes_nothing) {
    const auto before = allowed_cpus();
    for (const auto cpu : {8191U, 8192U, ~0U}) {
        EXPECT_FALSE(pinned{cpu});
    }
    EXPECT_EQ(allowed_cpus(), before);
}

TEST(on_each_cpu, works_once_for_each_and_on_it) {
    const auto cpus = allowed_cpus();
    std::vector<std::uint32_t> ran_on(cpus.size(), ~0U);
    on_each_cpu(cpus, [&](std::size_t position) { ran_on[position] = static_cast<std::uint32_t>(sched_getcpu()); });
    EXPECT_EQ(ran_on, cpus);
}

TEST(on_each_cpu, takes_more_cpus_than_threads_and_ones_that_cannot_be_had) {
    std::vector<std::uint32_t> cpus(300);
    std::iota(cpus.begin(), cpus.end(), 0U);
    std::vector<int> times(cpus.size());
    on_each_cpu(cpus, [&](std::size_t position) { ++times[position]; });
    EXPECT_EQ(times, std::vector<int>(cpus.size(), 1));
    on_each_cpu({}, [](std::size_t) { FAIL(); });
}

TEST(on_each_cpu, ticks_while_it_lasts) {
    int ticks = 0;
    const std::vector<std::uint32_t> cpus{0};
    on_each_cpu(
        cpus, [](std::size_t) { std::this_thread::sleep_for(std::chrono::milliseconds{350}); }, [&] { ++ticks; });
    EXPECT_GE(ticks, 1);
}

}  // namespace
}  // namespace msr::host
