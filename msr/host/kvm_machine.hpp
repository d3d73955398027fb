// A virtual CPU of this machine's KVM: its registers are the ones a guest would see, not the host's.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "msr/host/files.hpp"
#include "msr/host/machine.hpp"

namespace msr::host {

/// CPU 0 is a new vCPU, reset, with every CPUID feature that KVM supports. Registers that the vCPU refuses and KVM
/// knows as features of the host (VMX capabilities above all) are taken from there.
class kvm_machine final : public machine {
  public:
    /// Errors: no device, no permission, in use by another hypervisor, not a KVM that we know.
    [[nodiscard]] static outcome<kvm_machine> open(const std::filesystem::path& device = "/dev/kvm");

    [[nodiscard]] source kind() const override { return source::kvm; }
    [[nodiscard]] const host::identity& identity() const override { return identity_; }
    [[nodiscard]] std::span<const std::uint32_t> cpus() const override { return cpus_; }
    [[nodiscard]] view<profile::cpuid_leaf> cpuid(std::uint32_t cpu) override;
    [[nodiscard]] readings read(std::span<const std::uint32_t> cpus, std::span<const std::uint32_t> addresses,
                                const progress& report = {}) override;
    [[nodiscard]] result<void> write(std::uint32_t cpu, std::uint32_t address, std::uint64_t value) override;

    /// The registers that KVM says a vCPU has to save (KVM_GET_MSR_INDEX_LIST), ascending. It may answer others too.
    [[nodiscard]] std::span<const std::uint32_t> listed_registers() const { return listed_; }
    /// The registers that KVM answers for the host (KVM_GET_MSR_FEATURE_INDEX_LIST), ascending.
    [[nodiscard]] std::span<const std::uint32_t> feature_registers() const { return features_; }

  private:
    kvm_machine(descriptor system, descriptor vm, descriptor vcpu, std::vector<profile::cpuid_leaf> leaves);
    [[nodiscard]] result<std::uint64_t> refused_by_vcpu(std::uint32_t address) const;

    descriptor system_;
    descriptor vm_;
    descriptor vcpu_;
    std::array<std::uint32_t, 1> cpus_{0};
    std::vector<profile::cpuid_leaf> cpuid_;
    std::vector<std::uint32_t> listed_;
    std::vector<std::uint32_t> features_;
    host::identity identity_;
};

}  // namespace msr::host
