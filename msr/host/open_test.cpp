#include "msr/host/open.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "msr/host/fake_system.hpp"
#include "msr/host/simulated.hpp"
#include "msr/host/snapshot.hpp"

namespace msr::host {
namespace {

using numbers = std::vector<std::uint32_t>;

TEST(open_machine, auto_takes_linux_first) {
    const fake_system system;
    system.set_cpus("0", "0");
    system.set_register(0, 0x1000, 7);
    const auto machine = open_machine("auto", {.root = system.root()});
    ASSERT_TRUE(machine) << machine.error().line();
    EXPECT_EQ((*machine)->kind(), source::linux_device);
    EXPECT_EQ((*machine)->read(numbers{0}, numbers{0x1000}).at(0, 0).value(), 7U);
}

TEST(open_machine, with_none_it_gives_both_reasons) {
    const fake_system system;
    system.set_cpus("0", "0");
    const auto machine = open_machine("auto", {.root = system.root(), .kvm = system.root() / "kvm"});
    ASSERT_FALSE(machine);
    EXPECT_EQ(machine.error().kind, error_kind::no_access);
    EXPECT_NE(machine.error().line().find("modprobe msr"), std::string::npos);
    EXPECT_NE(machine.error().line().find("there is no KVM here"), std::string::npos);
}

TEST(open_machine, a_file_is_a_snapshot) {
    const fake_system system;
    system.set_cpus("0", "0");
    system.set_register(0, 0x1000, 7);
    auto live = open_machine("linux", {.root = system.root()}).value();
    const auto file = system.root() / "machine.json";
    ASSERT_TRUE(save_snapshot(take_snapshot(*live, live->cpus(), numbers{0x1000}, "test"), file));
    auto recorded = open_machine(file.string());
    ASSERT_TRUE(recorded) << recorded.error().line();
    EXPECT_EQ((*recorded)->kind(), source::snapshot);
    EXPECT_EQ((*recorded)->identity().kind, source::linux_device);
    EXPECT_EQ((*recorded)->read(numbers{0}, numbers{0x1000}).at(0, 0).value(), 7U);
    const auto live_leaves = live->cpuid(0);
    const auto recorded_leaves = (*recorded)->cpuid(0);
    EXPECT_EQ(recorded_leaves.size(), live_leaves.size());
}

TEST(open_machine, an_unknown_name_is_bad_input) {
    const auto machine = open_machine("windows");
    ASSERT_FALSE(machine);
    EXPECT_EQ(machine.error().kind, error_kind::bad_input);
    EXPECT_NE(machine.error().line().find("neither auto, linux, kvm nor a file"), std::string::npos);
}

TEST(simulated_cpu, faults_for_absent_registers_and_logs_every_access) {
    simulated_cpu cpu{{{0x10, 1}, {0x20, 2}}, 5};
    EXPECT_EQ(cpu.read(0x10).value(), 1U);
    EXPECT_EQ(cpu.read(0x30).error(), (fault{0x30, 5, direction::read, cause::refused}));
    EXPECT_TRUE(cpu.write(0x20, 9));
    EXPECT_EQ(cpu.write(0x30, 9).error().direction, direction::write);
    cpu.fail(0x20, direction::write, cause::not_permitted);
    EXPECT_EQ(cpu.write(0x20, 8).error().cause, cause::not_permitted);
    EXPECT_EQ(cpu.read(0x20).value(), 9U);
    EXPECT_EQ(cpu.count(direction::read), 3U);
    EXPECT_EQ(cpu.count(direction::write), 3U);
    EXPECT_EQ(cpu.log()[2], (simulated_cpu::access{direction::write, 0x20, 9, false}));
    EXPECT_TRUE(cpu.log()[1].faulted);
    cpu.clear_log();
    EXPECT_TRUE(cpu.log().empty());
}

}  // namespace
}  // namespace msr::host
