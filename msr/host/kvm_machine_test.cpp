#include "msr/host/kvm_machine.hpp"

#include <algorithm>
#include <optional>

#include <gtest/gtest.h>

#include "msr/host/fake_system.hpp"
#include "msr/registers/ia32_efer.hpp"

namespace msr::host {
namespace {

using numbers = std::vector<std::uint32_t>;

constexpr auto efer = ia32_efer::address;
constexpr auto long_mode_enabled = ia32_efer{}.lme(true).raw();
constexpr std::uint32_t no_register = 0x12345;  // in no manual, and in no vCPU

class kvm_machine_test : public testing::Test {
  protected:
    void SetUp() override {
        auto opened = kvm_machine::open();
        if (!opened) GTEST_SKIP() << opened.error().line();
        machine.emplace(std::move(*opened));
    }

    std::optional<kvm_machine> machine;
    const numbers first_cpu{0};
};

TEST_F(kvm_machine_test, a_refused_register_does_not_harm_those_behind_it) {
    ASSERT_TRUE(machine->write(0, efer, long_mode_enabled).has_value());
    const auto table = machine->read(first_cpu, numbers{efer, no_register, no_register + 1, efer, no_register});
    EXPECT_EQ(table.at(0, 0).value(), long_mode_enabled);
    EXPECT_EQ(table.at(0, 1).error(), (fault{no_register, 0, direction::read, cause::refused}));
    EXPECT_EQ(table.at(0, 2).error().index, no_register + 1);
    EXPECT_EQ(table.at(0, 3).value(), long_mode_enabled);
    EXPECT_EQ(table.at(0, 4).error().cause, cause::refused);
}

TEST_F(kvm_machine_test, more_than_one_call_takes) {
    ASSERT_TRUE(machine->write(0, efer, long_mode_enabled).has_value());
    for (const std::size_t count : {254U, 255U, 256U, 510U, 511U, 1000U}) {
        numbers addresses(count, efer);
        addresses[count / 2] = no_register;
        addresses.back() = no_register;
        const auto table = machine->read(first_cpu, addresses);
        for (std::size_t at = 0; at < count; ++at) {
            EXPECT_EQ(table.at(0, at).has_value(), addresses[at] == efer);
        }
        EXPECT_EQ(table.at(0, count - 2).value(), long_mode_enabled);
    }
}

TEST_F(kvm_machine_test, a_write_is_read_back_and_a_bad_one_refused) {
    ASSERT_TRUE(machine->write(0, efer, 0).has_value());
    EXPECT_EQ(machine->read(first_cpu, numbers{efer}).at(0, 0).value(), 0U);
    EXPECT_EQ(machine->write(0, no_register, 1).error(), (fault{no_register, 0, direction::write, cause::refused}));
    EXPECT_EQ(machine->write(1, efer, 0).error().cause, cause::cpu_offline);
    EXPECT_EQ(machine->read(numbers{1}, numbers{efer}).at(0, 0).error().cause, cause::cpu_offline);
}

TEST_F(kvm_machine_test, the_lists_are_sorted_and_their_registers_mostly_answer) {
    EXPECT_TRUE(std::ranges::is_sorted(machine->listed_registers()));
    ASSERT_FALSE(machine->listed_registers().empty());
    const auto listed = machine->read(first_cpu, machine->listed_registers());
    EXPECT_GT(std::ranges::count_if(listed.row(0), [](const auto& one) { return one.has_value(); }), 0);
    // What the host is asked for can be read, by the vCPU or by the host.
    const auto features = machine->read(first_cpu, machine->feature_registers());
    for (const auto& one : features.row(0)) {
        EXPECT_TRUE(one.has_value());
    }
}

TEST_F(kvm_machine_test, it_says_that_the_values_are_not_the_hosts) {
    EXPECT_EQ(machine->kind(), source::kvm);
    EXPECT_NE(machine->description().find("a virtual CPU of /dev/kvm"), std::string::npos);
    ASSERT_FALSE(machine->cpuid(0).empty());
    EXPECT_NE(profile::find(machine->cpuid(0), 0, 0).ebx, 0U);
    EXPECT_TRUE(machine->cpuid(1).empty());
}

TEST_F(kvm_machine_test, progress_ends_at_the_whole) {
    std::size_t last = 0;
    const numbers addresses(600, efer);
    const auto table = machine->read(first_cpu, addresses, [&](std::size_t done, std::size_t total) {
        EXPECT_EQ(total, 600U);
        last = done;
    });
    EXPECT_EQ(last, 600U);
}

TEST(kvm_machine_open, says_what_is_missing) {
    const fake_system system;
    EXPECT_NE(kvm_machine::open(system.root() / "kvm").error().line().find("modprobe kvm_intel"), std::string::npos);
    const auto not_kvm = kvm_machine::open("/dev/null");
    ASSERT_FALSE(not_kvm);
    EXPECT_EQ(not_kvm.error().kind, error_kind::not_possible);
    if (::geteuid() != 0) GTEST_SKIP() << "only root can become an ordinary user";
    system.write_text("kvm", "");
    std::filesystem::permissions(system.root() / "kvm", std::filesystem::perms{0600});
    ASSERT_EQ(::seteuid(65534), 0);
    const auto machine = kvm_machine::open(system.root() / "kvm");
    ASSERT_EQ(::seteuid(0), 0);
    ASSERT_FALSE(machine);
    EXPECT_NE(machine.error().line().find("group kvm"), std::string::npos);
}

}  // namespace
}  // namespace msr::host
