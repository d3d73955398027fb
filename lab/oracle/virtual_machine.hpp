// A KVM guest with one vCPU, in the ring-0 image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lab/oracle/image_file.hpp"
#include "msr/host/kvm_guest.hpp"

namespace msr::oracle {

struct settings {
    bool irqchip = false;                    // interrupt controllers and local APIC inside KVM
    bool cstates = false;                    // deep idle states are left to the guest
    std::vector<profile::cpuid_leaf> cpuid;  // empty: all that KVM supports
    // For which reasons (KVM_MSR_EXIT_REASON_*) KVM asks user space what becomes of an access: it faults.
    std::uint32_t asked_reasons = 0;
};

/// An access of which KVM asked what becomes of it.
struct asked_access {
    std::size_t at = 0;  // which case of the batch
    direction access = direction::read;
    std::uint32_t index = 0;
    std::uint32_t reason = 0;  // KVM_MSR_EXIT_REASON_*
};

/// The guest left for user space without ringing.
struct strange_exit {
    std::size_t at = 0;  // which case of the batch
    std::string name;
};

class virtual_machine {
  public:
    /// Errors: no device, no permission, refused settings.
    [[nodiscard]] static host::outcome<virtual_machine> create(const settings& wanted);

    [[nodiscard]] loaded_image& image() { return image_; }

    /// Lets the guest work through the first `cases` of the table. Why it did not, if it did not: what it left in
    /// memory is then as good as a guest that may have written over it.
    [[nodiscard]] std::optional<std::string> run(std::uint32_t cases);
    /// Since the last call.
    [[nodiscard]] std::vector<strange_exit> take_strange_exits() { return std::exchange(strange_exits_, {}); }

    [[nodiscard]] std::vector<asked_access> take_asked_accesses() { return std::exchange(asked_, {}); }

    /// KVM_X86_SET_MSR_FILTER: 0, or the errno with which KVM refuses it.
    [[nodiscard]] int install(const kvm_msr_filter& filter) { return guest_.install(filter); }

    /// KVM_GET_MSRS and KVM_SET_MSRS of one register: msr's bus.
    [[nodiscard]] result<std::uint64_t> read(std::uint32_t address) { return guest_.read(address); }
    [[nodiscard]] result<void> write(std::uint32_t address, std::uint64_t value) {
        return guest_.write(address, value);
    }

  private:
    explicit virtual_machine(host::kvm_guest guest);
    [[nodiscard]] bool rings() const;
    [[nodiscard]] std::optional<std::string> run_on();
    [[nodiscard]] std::size_t current_case();
    [[nodiscard]] bool makes_progress();
    void let_fault();

    host::kvm_guest guest_;
    loaded_image image_;
    std::vector<strange_exit> strange_exits_;
    std::vector<asked_access> asked_;
    std::size_t cases_ = 0;  // of this batch
    std::size_t case_at_last_tick_ = 0;
    unsigned idle_ticks_ = 0;
};

}  // namespace msr::oracle
