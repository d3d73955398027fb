// A described CPU in the place of a machine: its CPUID and the registers that its description gives; no other values.
#pragma once

#include "msr/catalogue/load/cpu_builder.hpp"
#include "msr/host/machine.hpp"

namespace tool {

class profile_machine final : public msr::host::machine {
  public:
    explicit profile_machine(msr::catalogue::load::cpu_description cpu);

    [[nodiscard]] msr::host::source kind() const override { return msr::host::source::profile; }
    [[nodiscard]] const msr::host::identity& identity() const override { return identity_; }
    [[nodiscard]] std::span<const std::uint32_t> cpus() const override { return {&number_, 1}; }
    [[nodiscard]] msr::view<msr::profile::cpuid_leaf> cpuid(std::uint32_t cpu) override;
    [[nodiscard]] msr::host::readings read(std::span<const std::uint32_t> cpus,
                                           std::span<const std::uint32_t> addresses,
                                           const msr::host::progress& report = {}) override;
    [[nodiscard]] msr::result<void> write(std::uint32_t cpu, std::uint32_t address, std::uint64_t value) override;
    [[nodiscard]] msr::host::error explain(const msr::fault& problem) const override;

  private:
    [[nodiscard]] msr::result<std::uint64_t> find(std::uint32_t cpu, std::uint32_t address) const;

    msr::catalogue::load::cpu_description cpu_;
    msr::host::identity identity_;
    std::uint32_t number_ = 0;
};

}  // namespace tool
