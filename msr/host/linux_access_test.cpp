#include "msr/host/linux_access.hpp"

#include <cerrno>

#include <gtest/gtest.h>

#include "msr/host/fake_system.hpp"

namespace msr::host {
namespace {

const std::filesystem::path device = "/dev/cpu/0/msr";

void expect_words(const error& problem, std::initializer_list<const char*> words) {
    for (const auto* const word : words) {
        EXPECT_NE(problem.line().find(word), std::string::npos) << word << " is not in: " << problem.line();
    }
    EXPECT_EQ(problem.line().find('\n'), std::string::npos);
}

TEST(linux_access, each_reason_has_its_remedy) {
    const linux_facts root{.is_root = true, .has_rawio = true};
    expect_words(explain_open(device, ENOENT, root), {"/dev/cpu/0/msr", "not loaded", "run: modprobe msr"});
    expect_words(explain_open(device, ENOENT, {}), {"not loaded", "run: sudo modprobe msr"});
    expect_words(explain_open(device, ENXIO, root), {"not loaded"});
    expect_words(explain_open(device, ENOENT, {.driver_loaded = true}), {"is loaded", "mount -t devtmpfs"});
    expect_words(explain_open(device, ENOENT, {.driver_loaded = true, .in_container = true}),
                 {"this container was not given the device", "--device"});
    expect_words(explain_open(device, ENOENT, {.in_container = true}), {"not loaded on the host", "container"});
    expect_words(explain_open(device, EACCES, {.driver_loaded = true}), {"no privilege", "CAP_SYS_RAWIO", "sudo"});
    expect_words(explain_open(device, EPERM, {.is_root = true}), {"no privilege", "root without CAP_SYS_RAWIO"});
    expect_words(explain_open(device, EPERM, {.is_root = true, .in_container = true}), {"container", "SYS_RAWIO"});
    expect_words(explain_open(device, EPERM, {.is_root = true, .has_rawio = true, .locked_down = true}),
                 {"lockdown", "Secure Boot"});
    expect_words(explain_open(device, EMFILE, root), {"Too many open files"});
    EXPECT_EQ(explain_open(device, ENOENT, root).kind, error_kind::no_access);
}

TEST(linux_access, who_has_no_privilege_is_not_sent_to_the_firmware) {
    expect_words(explain_open(device, EACCES, {.locked_down = true}), {"no privilege"});
}

TEST(linux_access, a_forbidden_write_names_the_lock) {
    expect_words(explain_write(1, 0x1000, {.locked_down = true}), {"0x1000", "CPU 1", "lockdown"});
    expect_words(explain_write(1, 0x1000, {.writes_allowed = false}), {"allow_writes"});
    expect_words(explain_write(1, 0x1000, {}), {"privilege", "sudo"});
    expect_words(explain_write(1, 0x1000, {.is_root = true}), {"root without CAP_SYS_RAWIO"});
    expect_words(explain_write(1, 0x1000, {.is_root = true, .in_container = true}),
                 {"container", "--device /dev/cpu/1/msr"});
}

TEST(linux_access, facts_come_from_the_systems_files) {
    const fake_system system;
    EXPECT_FALSE(gather_facts(system.root()).driver_loaded);
    system.write_text("sys/module/msr/parameters/allow_writes", "off\n");
    system.write_text("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
    system.write_text("run/.containerenv", "");
    system.write_text("proc/self/status", "Name:\tmsr\nUid:\t1000\t0\t0\t0\nCapEff:\t0000000000020000\n");
    const auto facts = gather_facts(system.root());
    EXPECT_TRUE(facts.driver_loaded);
    EXPECT_FALSE(facts.writes_allowed);
    EXPECT_TRUE(facts.locked_down);
    EXPECT_TRUE(facts.in_container);
    EXPECT_TRUE(facts.is_root);
    EXPECT_TRUE(facts.has_rawio);
}

TEST(linux_access, an_ordinary_user_is_seen_as_one) {
    const fake_system system;
    system.write_text("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
    system.write_text("proc/self/status", "Name:\tmsr\nUid:\t0\t1000\t0\t0\nCapEff:\t00000000fffdffff\n");
    const auto facts = gather_facts(system.root());
    EXPECT_FALSE(facts.is_root);
    EXPECT_FALSE(facts.has_rawio);
    EXPECT_FALSE(facts.locked_down);
}

}  // namespace
}  // namespace msr::host
