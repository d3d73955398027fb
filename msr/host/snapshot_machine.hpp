// A recorded machine, read as if it were there.
#pragma once

#include <filesystem>
#include <string_view>

#include "msr/host/machine.hpp"
#include "msr/host/snapshot.hpp"

namespace msr::host {

/// Reads give what was recorded, faults included, and not_recorded for the rest. Writes are not_permitted.
class snapshot_machine final : public machine {
  public:
    /// `name` stands for the recording in descriptions: its file.
    snapshot_machine(snapshot recorded, std::string_view name);

    /// Errors as load_snapshot and read_snapshot give them.
    [[nodiscard]] static outcome<snapshot_machine> open(const std::filesystem::path& path);
    [[nodiscard]] static outcome<snapshot_machine> from_text(std::string_view text, std::string_view name);

    [[nodiscard]] source kind() const override { return source::snapshot; }
    /// What was recorded: identity().kind is the source that the values were read from.
    [[nodiscard]] const host::identity& identity() const override { return recorded_.origin; }
    [[nodiscard]] std::string description() const override { return description_; }
    [[nodiscard]] std::span<const std::uint32_t> cpus() const override { return recorded_.registers.cpus(); }
    [[nodiscard]] view<profile::cpuid_leaf> cpuid(std::uint32_t cpu) override;
    [[nodiscard]] readings read(std::span<const std::uint32_t> cpus, std::span<const std::uint32_t> addresses,
                                const progress& report = {}) override;
    [[nodiscard]] result<void> write(std::uint32_t cpu, std::uint32_t address, std::uint64_t value) override;
    [[nodiscard]] error explain(const fault& problem) const override;

    /// The recorded addresses, ascending.
    [[nodiscard]] std::span<const std::uint32_t> addresses() const { return recorded_.registers.addresses(); }

  private:
    [[nodiscard]] result<std::uint64_t> find(std::uint32_t cpu, std::uint32_t address) const;

    snapshot recorded_;
    std::string description_;
};

}  // namespace msr::host
