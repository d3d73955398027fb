// What RDMSR and WRMSR cost on this machine, through Linux's msr driver.
#pragma once

#include <filesystem>
#include <optional>
#include <span>

#include "msr/core/fault.hpp"
#include "msr/host/cost.hpp"
#include "msr/host/error.hpp"
#include "msr/host/files.hpp"

namespace msr::host {

/// Cycles of the time-stamp counter in a nanosecond, against the kernel's unadjusted clock; takes 20 ms.
[[nodiscard]] double time_stamps_per_ns();

struct read_cost {
    call_cost own;                   // from a thread on the CPU: no interrupt
    std::optional<call_cost> other;  // from a thread on another CPU
};

/// Measures on one CPU. In one call the driver accesses one register as often as there are values to move: on the
/// thread's own CPU by a mere function call, on any other by an interrupt for each value, after which the reading
/// thread is woken. What stands around the instruction in the driver's loop cannot be left out.
class cost_meter {
  public:
    /// `online` are the CPUs to choose the other one from. The error (no_access) says why the CPU cannot be measured.
    [[nodiscard]] static outcome<cost_meter> open(std::uint32_t cpu, std::span<const std::uint32_t> online, timing how,
                                                  const std::filesystem::path& root = "/");

    [[nodiscard]] std::uint32_t cpu() const { return cpu_; }
    /// The CPU that the interrupts come from; none if this process may run on no second one.
    [[nodiscard]] std::optional<std::uint32_t> other() const { return other_; }

    [[nodiscard]] result<read_cost> read(std::uint32_t address) const;
    /// Writes what the register holds, read anew before each call, from the CPU itself: there no other thread's value
    /// can come between. The caller answers for that such a write is harmless.
    [[nodiscard]] result<call_cost> rewrite(std::uint32_t address) const;

    /// What Linux's driver takes for a value besides the instruction, in ticks: the cpuid driver's loop is the same but
    /// for that, and CPUID can be executed without it. Nothing without that driver, or where the two scatter too much.
    [[nodiscard]] std::optional<double> driver_share() const;
    /// One of the least system calls: getppid. Nothing where the thread may no longer run on the CPU.
    [[nodiscard]] std::optional<spread> system_call() const;
    /// A switch between two processes on the CPU, in ticks: half a round trip of a byte through two pipes, without what
    /// the pipes take by themselves.
    [[nodiscard]] std::optional<double> context_switch() const;

  private:
    cost_meter(std::uint32_t cpu, std::optional<std::uint32_t> other, timing how, std::filesystem::path folder);

    std::uint32_t cpu_;
    std::optional<std::uint32_t> other_;
    timing how_;
    std::filesystem::path folder_;  // /dev/cpu/N
};

}  // namespace msr::host
