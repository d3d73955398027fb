#include "msr/host/linux_machine.hpp"

#include <numeric>

#include <gtest/gtest.h>

#include "msr/host/fake_system.hpp"

namespace msr::host {
namespace {

using numbers = std::vector<std::uint32_t>;

// CPUs 0, 1 and 3 are on; 3 is not on this machine in general, so that its thread cannot be bound to it. 2 is off.
class linux_machine_test : public testing::Test {
  protected:
    linux_machine_test() {
        system.set_cpus("0-1,3", "0-3");
        for (const auto cpu : {0U, 1U, 3U}) {
            system.set_register(cpu, 0x1000, 0x100 + cpu);
            system.set_register(cpu, 0xC0001000, 0xFFFF'FFFF'FFFF'FF00 + cpu);
        }
    }

    fake_system system;
};

TEST_F(linux_machine_test, reads_every_register_of_every_cpu) {
    auto machine = linux_machine::open(system.root());
    ASSERT_TRUE(machine) << machine.error().line();
    EXPECT_EQ(numbers(machine->cpus().begin(), machine->cpus().end()), (numbers{0, 1, 3}));
    const numbers addresses{0xC0001000, 0x1000, 0x2000};
    const auto table = machine->read(machine->cpus(), addresses);
    for (std::size_t position = 0; position < 3; ++position) {
        const auto cpu = machine->cpus()[position];
        EXPECT_EQ(table.at(position, 0).value(), 0xFFFF'FFFF'FFFF'FF00 + cpu);
        EXPECT_EQ(table.at(position, 1).value(), 0x100 + cpu);
        EXPECT_EQ(table.at(position, 2).value(), 0U);
    }
}

TEST_F(linux_machine_test, a_long_list_gives_the_values_of_a_short_one) {
    auto machine = linux_machine::open(system.root()).value();
    EXPECT_TRUE(machine.read(machine.cpus(), {}).addresses().empty());
    const numbers addresses(100, 0x1000);
    const auto table = machine.read(machine.cpus(), addresses);
    for (std::size_t position = 0; position < 3; ++position) {
        for (const auto& value : table.row(position))
            EXPECT_EQ(value.value(), 0x100 + machine.cpus()[position]);
    }
}

TEST_F(linux_machine_test, an_offline_cpu_is_named_and_the_others_are_read) {
    auto machine = linux_machine::open(system.root()).value();
    const auto chosen = select_cpus(machine, numbers{0, 2, 3, 9, 10});
    EXPECT_EQ(chosen.usable, (numbers{0, 3}));
    EXPECT_EQ(chosen.complaint(), "CPU 2 is offline; there is no CPU 9-10");
    EXPECT_EQ(select_cpus(machine, numbers{1}).complaint(), "");
    // A CPU that goes away between the choice and the reading:
    const auto table = machine.read(numbers{2, 3}, numbers{0x1000});
    EXPECT_EQ(table.at(0, 0).error(), (fault{0x1000, 2, direction::read, cause::cpu_offline}));
    EXPECT_EQ(table.at(1, 0).value(), 0x103U);
}

TEST_F(linux_machine_test, a_refusal_is_that_registers_fault_only) {
    system.set_cpus("0,4", "0-4");
    system.refuse_all(4);
    auto machine = linux_machine::open(system.root()).value();
    const auto table = machine.read(machine.cpus(), numbers{0x1000, 0x2000});
    EXPECT_EQ(table.at(0, 0).value(), 0x100U);
    EXPECT_EQ(table.at(1, 1).error(), (fault{0x2000, 4, direction::read, cause::refused}));
}

TEST_F(linux_machine_test, a_short_answer_is_a_failed_device) {
    system.write_text("dev/cpu/1/msr", "abc");
    std::filesystem::resize_file(system.device(1), 3);
    auto machine = linux_machine::open(system.root()).value();
    EXPECT_EQ(machine.read(numbers{1}, numbers{0}).at(0, 0).error().cause, cause::device_failed);
}

TEST_F(linux_machine_test, what_is_written_is_read_back) {
    auto machine = linux_machine::open(system.root()).value();
    EXPECT_TRUE(machine.write(1, 0x1000, 42));
    EXPECT_EQ(machine.read(numbers{1}, numbers{0x1000}).at(0, 0).value(), 42U);
    EXPECT_EQ(machine.write(2, 0x1000, 42).error(), (fault{0x1000, 2, direction::write, cause::cpu_offline}));
}

TEST_F(linux_machine_test, each_cpu_is_a_bus) {
    auto machine = linux_machine::open(system.root()).value();
    std::uint64_t sum = 0;
    for (auto& cpu : machine.cpu_buses()) {
        ASSERT_TRUE(cpu.write(0x2000, cpu.number()));
        sum += cpu.read(0x2000).value();
    }
    EXPECT_EQ(sum, 4U);
    cpu_bus any{machine, 3};
    EXPECT_EQ(any.read(0x1000).value(), 0x103U);
}

TEST_F(linux_machine_test, progress_never_falls_and_ends_at_the_whole) {
    auto machine = linux_machine::open(system.root()).value();
    numbers addresses(1000);
    std::iota(addresses.begin(), addresses.end(), 0x1000U);
    std::size_t last = 0;
    const auto table = machine.read(machine.cpus(), addresses, [&](std::size_t done, std::size_t total) {
        EXPECT_EQ(total, 3000U);
        EXPECT_GE(done, last);
        last = done;
    });
    EXPECT_EQ(last, 3000U);
}

TEST_F(linux_machine_test, cpuid_of_a_cpu_is_kept) {
    auto machine = linux_machine::open(system.root()).value();
    const auto first = machine.cpuid(0);
    ASSERT_FALSE(first.empty());
    EXPECT_FALSE(machine.cpuid(3).empty());
    EXPECT_EQ(machine.cpuid(0).data(), first.data());
    EXPECT_TRUE(machine.cpuid(2).empty());
}

TEST_F(linux_machine_test, a_cpu_that_cannot_be_bound_to_is_asked_through_the_cpuid_driver) {
    system.set_cpus("0,8000", "0,8000");
    const profile::cpuid_answer answer{0, 0x11, 0x22, 0x33};  // basic leaf 0 only
    system.write_text("dev/cpu/8000/cpuid", {reinterpret_cast<const char*>(&answer), sizeof answer});
    auto machine = linux_machine::open(system.root()).value();
    const auto leaves = machine.cpuid(8000);
    ASSERT_EQ(leaves.size(), 1U);
    EXPECT_EQ(leaves[0].answer, answer);
}

TEST(linux_machine_open, says_what_is_missing) {
    const fake_system system;
    EXPECT_NE(linux_machine::open(system.root()).error().line().find("mount sysfs"), std::string::npos);
    system.set_cpus("0", "0");
    const auto problem = linux_machine::open(system.root()).error();
    EXPECT_EQ(problem.kind, error_kind::no_access);
    EXPECT_NE(problem.line().find("modprobe msr"), std::string::npos);
}

TEST(linux_machine_open, an_ordinary_user_is_told_of_privilege) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can become an ordinary user";
    const fake_system system;
    system.set_cpus("0", "0");
    system.set_register(0, 0x1000, 1);
    std::filesystem::permissions(system.root(), std::filesystem::perms{0755});
    ASSERT_EQ(::seteuid(65534), 0);
    const auto machine = linux_machine::open(system.root());
    ASSERT_EQ(::seteuid(0), 0);
    ASSERT_FALSE(machine);
    EXPECT_NE(machine.error().line().find("no privilege"), std::string::npos) << machine.error().line();
}

}  // namespace
}  // namespace msr::host
