// What the tool sees of any source of registers: this machine, a virtual CPU, or a recording.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "msr/core/bus.hpp"
#include "msr/host/error.hpp"
#include "msr/profile/cpuid.hpp"

namespace msr::host {

enum class source : std::uint8_t { linux_device, kvm, snapshot, profile };

/// The source's name as in `--from`: "linux", "kvm" or "snapshot"; "profile" is a CPU without values.
[[nodiscard]] std::string_view to_string(source kind);

/// Where and when values were read. For a recording it is what was recorded: `kind` is then what it was taken from.
struct identity {
    source kind = source::linux_device;
    std::string description;  // one line: where the values come from
    std::string host;         // the host's name
    std::string kernel;       // its kernel's release
    std::string taken;        // ISO 8601, UTC; empty on a live machine
    std::string tool;         // what wrote the recording; empty on a live machine
};

/// The identity of the machine that this program runs on.
[[nodiscard]] identity this_host(source kind, std::string description);

/// What a batch read gave: for each CPU a row, in it one result for each address.
class readings {
  public:
    readings() = default;
    /// All of them not recorded yet.
    readings(std::span<const std::uint32_t> cpus, std::span<const std::uint32_t> addresses);

    [[nodiscard]] std::span<const std::uint32_t> cpus() const { return cpus_; }
    [[nodiscard]] std::span<const std::uint32_t> addresses() const { return addresses_; }
    [[nodiscard]] std::span<result<std::uint64_t>> row(std::size_t cpu_position) {
        return std::span{values_}.subspan(cpu_position * addresses_.size(), addresses_.size());
    }
    [[nodiscard]] std::span<const result<std::uint64_t>> row(std::size_t cpu_position) const {
        return std::span{values_}.subspan(cpu_position * addresses_.size(), addresses_.size());
    }
    [[nodiscard]] const result<std::uint64_t>& at(std::size_t cpu_position, std::size_t address_position) const {
        return row(cpu_position)[address_position];
    }

  private:
    std::vector<std::uint32_t> cpus_;
    std::vector<std::uint32_t> addresses_;
    std::vector<result<std::uint64_t>> values_;
};

/// Called now and then from the reading thread, and once at the end, with how many reads are done, of how many.
using progress = std::function<void(std::size_t done, std::size_t total)>;

/// A source of registers. One thread at a time may use it; it starts threads of its own where that helps.
class machine {
  public:
    machine() = default;
    machine(machine&&) = default;
    machine& operator=(machine&&) = default;
    machine(const machine&) = delete;
    machine& operator=(const machine&) = delete;
    virtual ~machine() = default;

    [[nodiscard]] virtual source kind() const = 0;
    [[nodiscard]] virtual const host::identity& identity() const = 0;
    /// One line: where values come from, right now.
    [[nodiscard]] virtual std::string description() const { return identity().description; }
    /// The kernel's numbers of the CPUs that can be read, ascending.
    [[nodiscard]] virtual std::span<const std::uint32_t> cpus() const = 0;
    /// CPUs that are there but switched off, ascending.
    [[nodiscard]] virtual std::span<const std::uint32_t> offline_cpus() const { return {}; }
    /// The CPU's answers to CPUID, sorted by leaf and sub-leaf; empty for a CPU that is not there.
    /// It stays valid as long as the machine does.
    [[nodiscard]] virtual view<profile::cpuid_leaf> cpuid(std::uint32_t cpu) = 0;

    /// Reads every address on every CPU. What could not be read is a fault in its place; nothing else fails for it.
    [[nodiscard]] virtual readings read(std::span<const std::uint32_t> cpus, std::span<const std::uint32_t> addresses,
                                        const progress& report = {}) = 0;
    [[nodiscard]] virtual result<void> write(std::uint32_t cpu, std::uint32_t address, std::uint64_t value) = 0;
    /// The fault in words for a person, with what to do about it on this machine.
    [[nodiscard]] virtual error explain(const fault& problem) const;
};

/// One CPU of any machine as a bus, for typed access: read<R>(bus). The machine must outlive it.
class cpu_bus {
  public:
    cpu_bus(machine& owner, std::uint32_t cpu) : owner_{&owner}, cpu_{cpu} {}
    [[nodiscard]] result<std::uint64_t> read(std::uint32_t index) {
        return owner_->read({&cpu_, 1}, {&index, 1}).at(0, 0);
    }
    [[nodiscard]] result<void> write(std::uint32_t index, std::uint64_t value) {
        return owner_->write(cpu_, index, value);
    }

  private:
    machine* owner_;
    std::uint32_t cpu_;
};
static_assert(bus<cpu_bus>);

/// A list of CPUs that a user asked for, held against those that there are.
struct cpu_selection {
    std::vector<std::uint32_t> usable;
    std::vector<std::uint32_t> offline;
    std::vector<std::uint32_t> absent;

    /// Names the CPUs that cannot be read: "CPU 5 is offline; there is no CPU 9"; empty if all can be.
    [[nodiscard]] std::string complaint() const;
};

[[nodiscard]] cpu_selection select_cpus(const machine& from, std::span<const std::uint32_t> requested);

}  // namespace msr::host
