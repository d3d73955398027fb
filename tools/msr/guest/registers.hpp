// The registers of a running guest: the guest engine judges every access that leaves the vCPU. What instructions use
// without RDMSR and WRMSR has to be in the vCPU: what KVM lists as its state, and what a switch of guests exchanges
// (KVM lists no register that another of its structures has, as IA32_EFER). The rest the engine holds.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "msr/host/kvm_guest.hpp"
#include "msr/host/owned.hpp"
#include "msr/virt/guest.hpp"

namespace tool {

class guest_registers {
  public:
    /// `cpu` is what the guest's CPUID says; `state` are the registers of KVM_GET_MSR_INDEX_LIST, ascending. All must
    /// outlive it.
    guest_registers(const msr::profile::profile& cpu, msr::host::kvm_guest& vcpu, std::span<const std::uint32_t> state);
    guest_registers(const guest_registers&) = delete;
    guest_registers& operator=(const guest_registers&) = delete;
    guest_registers(guest_registers&&) = delete;
    guest_registers& operator=(guest_registers&&) = delete;
    ~guest_registers() = default;

    /// The guest's RDMSR and WRMSR: msr's bus. A fault is #GP(0).
    [[nodiscard]] msr::result<std::uint64_t> read(std::uint32_t index);
    [[nodiscard]] msr::result<void> write(std::uint32_t index, std::uint64_t value);

    /// Whether what was written still has to get into the vCPU, which takes it once its instruction is complete.
    [[nodiscard]] bool is_unsettled() const { return !unsettled_.empty(); }
    /// Brings it there; false if KVM does not take it: the guest then has a value that its instructions do not use.
    [[nodiscard]] bool settle();

    /// Why the access that was just refused was, in words. A read has no value.
    [[nodiscard]] std::string why_refused(const msr::fault& access, std::uint64_t value);

    /// The catalogue's name, or the address where it has none.
    [[nodiscard]] std::string name(std::uint32_t index) const;
    /// The register's entry; null where this CPU has none.
    [[nodiscard]] const msr::catalogue::register_entry* entry(std::uint32_t index) const;
    [[nodiscard]] const msr::profile::profile& cpu() const { return table_.cpu(); }
    /// Whether KVM itself has the register.
    [[nodiscard]] bool known_to_kvm(std::uint32_t index) { return vcpu_.read(index).has_value(); }

  private:
    guest_registers(const msr::profile::profile& cpu, msr::host::kvm_guest& vcpu,
                    const std::vector<std::uint32_t>& backed);
    [[nodiscard]] msr::virt::backing vcpu_state();
    void see_processor_state();

    msr::host::kvm_guest& vcpu_;
    msr::host::owned_table table_;
    std::vector<std::uint64_t> values_;
    msr::virt::guest guest_;
    bool vcpu_refused_ = false;  // the vCPU did not answer what the engine had passed
    std::vector<std::pair<std::uint32_t, std::uint64_t>> unsettled_;
};

}  // namespace tool
