// This machine, through Linux's msr driver.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <vector>

#include "msr/host/linux_cpu.hpp"
#include "msr/host/machine.hpp"

namespace msr::host {

/// A batch is read by one thread per CPU, bound to it; CPUs are read in parallel. Where the system does not allow the
/// binding, the values are the same, and slower. A few registers are read from the calling thread: that is faster.
class linux_machine final : public machine {
  public:
    /// Errors (no_access) say which it is: the driver is not loaded, no privilege, a container, kernel lockdown.
    /// `root` is where dev/cpu, sys and proc are.
    [[nodiscard]] static outcome<linux_machine> open(const std::filesystem::path& root = "/");

    [[nodiscard]] source kind() const override { return source::linux_device; }
    [[nodiscard]] const host::identity& identity() const override { return identity_; }
    [[nodiscard]] std::span<const std::uint32_t> cpus() const override { return online_; }
    [[nodiscard]] std::span<const std::uint32_t> offline_cpus() const override { return offline_; }
    /// Executed on the CPU at the first call. Where this thread may not run there, /dev/cpu/N/cpuid is asked, and if
    /// that is absent too, the CPU that the thread is on.
    [[nodiscard]] view<profile::cpuid_leaf> cpuid(std::uint32_t cpu) override;
    [[nodiscard]] readings read(std::span<const std::uint32_t> cpus, std::span<const std::uint32_t> addresses,
                                const progress& report = {}) override;
    [[nodiscard]] result<void> write(std::uint32_t cpu, std::uint32_t address, std::uint64_t value) override;
    [[nodiscard]] error explain(const fault& problem) const override;

    /// A bus for each online CPU, opened at the first call: for (auto& cpu : machine.cpu_buses()) …
    [[nodiscard]] std::span<linux_cpu> cpu_buses();

  private:
    linux_machine(std::filesystem::path root, std::vector<std::uint32_t> online, std::vector<std::uint32_t> offline);
    [[nodiscard]] std::filesystem::path device(std::uint32_t cpu) const;

    std::filesystem::path root_;
    std::vector<std::uint32_t> online_;
    std::vector<std::uint32_t> offline_;
    host::identity identity_;
    std::vector<linux_cpu> buses_;
    std::map<std::uint32_t, std::vector<profile::cpuid_leaf>> cpuid_;
};

}  // namespace msr::host
