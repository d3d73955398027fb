#include "msr/host/cost_meter.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>

#include "msr/core/time_stamp.hpp"
#include "msr/host/fake_system.hpp"
#include "msr/host/linux_cpu.hpp"

namespace msr::host {
namespace {

// A CPU that this program may run on, and one that there is not.
const auto this_cpu = static_cast<std::uint32_t>(::sched_getcpu());
constexpr std::uint32_t no_cpu = 8191;

class cost_meter_test : public testing::Test {
  protected:
    cost_meter_test() {
        system.set_register(this_cpu, 0x1000, 0x55AA);
        // The device is a file: registers are next to each other, and one call moves several.
        for (std::uint32_t at = 1; at < how.values; ++at)
            system.set_register(this_cpu, 0x1000 + 8 * at, 0x55AA);
    }

    [[nodiscard]] cost_meter open() const {
        const std::array online{this_cpu, no_cpu};
        auto meter = cost_meter::open(this_cpu, online, how, system.root());
        EXPECT_TRUE(meter) << meter.error().line();
        return std::move(*meter);
    }

    fake_system system;
    timing how{.ticks = time_stamp, .runs = 50, .values = 8};
};

TEST_F(cost_meter_test, a_read_costs_something) {
    const auto meter = open();
    const auto cost = meter.read(0x1000);
    ASSERT_TRUE(cost);
    EXPECT_GT(cost->own.call.median, 0);
    EXPECT_LE(cost->own.call.least, cost->own.call.median);
    EXPECT_LE(cost->own.call.median, cost->own.call.percentile_99);
    EXPECT_FALSE(meter.other()) << "no interrupt can come from a CPU that is not there";
    EXPECT_FALSE(cost->other);
}

TEST_F(cost_meter_test, a_rewrite_leaves_the_register_as_it_is) {
    const auto meter = open();
    const auto cost = meter.rewrite(0x1000);
    ASSERT_TRUE(cost);
    EXPECT_GT(cost->call.median, 0);
    EXPECT_EQ(linux_cpu(system.device(this_cpu), this_cpu).read(0x1000).value(), 0x55AAU);
}

TEST_F(cost_meter_test, a_register_that_refuses_has_a_fault) {
    std::filesystem::remove(system.device(this_cpu));
    system.refuse_all(this_cpu);
    const auto meter = open();
    EXPECT_EQ(meter.read(0x1000).error(), (fault{0x1000, this_cpu, direction::read, cause::refused}));
    EXPECT_EQ(meter.rewrite(0x1000).error().cause, cause::refused);
}

TEST_F(cost_meter_test, a_device_that_cannot_be_written_is_not_permitted) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can become an ordinary user";
    std::filesystem::permissions(system.root(), std::filesystem::perms{0755});
    std::filesystem::permissions(system.device(this_cpu), std::filesystem::perms{0644});
    const auto meter = open();
    ASSERT_EQ(::seteuid(65534), 0);
    const auto cost = meter.rewrite(0x1000);
    ASSERT_EQ(::seteuid(0), 0);
    EXPECT_EQ(cost.error(), (fault{0x1000, this_cpu, direction::write, cause::not_permitted}));
}

TEST_F(cost_meter_test, says_why_a_cpu_cannot_be_measured) {
    const std::array online{this_cpu};
    EXPECT_EQ(cost_meter::open(7, online, how, system.root() / "none").error().kind, error_kind::no_access);
    system.set_register(no_cpu, 0x1000, 0);
    const auto problem = cost_meter::open(no_cpu, online, how, system.root()).error();
    EXPECT_EQ(problem.kind, error_kind::no_access);
    EXPECT_NE(problem.line().find("may not run on it"), std::string::npos) << problem.line();
}

TEST_F(cost_meter_test, a_system_call_costs_something) {
    EXPECT_GT(open().system_call().value().median, 0);
}

TEST_F(cost_meter_test, the_process_that_is_switched_to_is_gone_afterwards) {
    static_cast<void>(open().context_switch());  // on a busy machine it may scatter too much to be told
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
}

TEST_F(cost_meter_test, without_the_cpuid_driver_its_share_is_unknown) {
    EXPECT_FALSE(open().driver_share());
}

TEST(time_stamp, advances_at_the_rate_that_was_measured) {
    // Whatever interrupts one comparison does not interrupt all.
    double best = 1;
    for (int attempt = 0; attempt < 5; ++attempt) {
        const auto rate = time_stamps_per_ns();
        const auto start = std::chrono::steady_clock::now();
        const auto first = time_stamp();
        while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds{20}) {
        }
        const auto ticks = static_cast<double>(time_stamp() - first);
        const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - start;
        best = std::min(best, std::abs(ticks / rate / time.count() - 1));
    }
    EXPECT_LT(best, 0.01);
}

}  // namespace
}  // namespace msr::host
