// A guest on VMX that executes a sequence's code one instruction at a time, can be given an event at any boundary, and
// can be put back to where it was. It is stepped by the VMX-preemption timer, which counts instructions on Bochs: there
// the monitor trap flag never makes it exit. Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lab/ring0/general_registers.hpp"
#include "lab/ring0/vmcs.hpp"
#include "lab/switching/sequence.hpp"
#include "msr/virt/vmx/capabilities.hpp"

namespace msr::switching {

/// Why the guest came back: after an instruction or the delivery of an event; instead of an exception that it does not
/// handle; or for something that nobody expected.
struct guest_exit {
    enum class reason : std::uint8_t { stepped, exception, other };
    reason why = reason::other;
    std::uint8_t vector = 0;
    std::uint32_t raw = 0;  // the VMCS's exit reason
};

/// All of a guest's state that its code changes.
struct guest_snapshot {
    static constexpr std::size_t most_fields = 24;
    static constexpr std::size_t most_memory = 0x1000;

    ring0::general_registers general;
    std::uint64_t fields[most_fields];
    std::uint64_t kernel_gs_base;
    std::uint64_t tsc_aux;
    percpu_data percpu;
    std::byte memory[most_memory];
};

class stepped_guest {
  public:
    /// Writes the VMCS that is current; false if the CPU refuses a field or lacks a control, whose name it tells.
    [[nodiscard]] bool prepare(const virt::vmx::capabilities& has);

    /// To the sequence's start.
    void begin(const sequence& what);

    [[nodiscard]] guest_exit step();

    /// Whether the CPU would take the event at this boundary (SDM volume 3, 6.8, 27.3.1.5).
    [[nodiscard]] bool admits(context::event kind) const;
    /// It arrives with the next step.
    void inject(context::event kind);

    void save(guest_snapshot& into) const;
    void restore(const guest_snapshot& from);
    /// Whether it goes on just as it would have then: what lies beyond the top of a stack does not matter.
    [[nodiscard]] bool is_again_at(const guest_snapshot& earlier) const;

    [[nodiscard]] std::uint64_t instruction_pointer() const { return ring0::vmread(ring0::vmcs::guest_rip); }
    [[nodiscard]] std::uint64_t stack_pointer() const { return ring0::vmread(ring0::vmcs::guest_rsp); }
    [[nodiscard]] bool in_ring_3() const;
    [[nodiscard]] task_bases bases() const;
    [[nodiscard]] std::uint64_t kernel_gs_base() const;
    [[nodiscard]] ring0::general_registers& general() { return general_; }

  private:
    void write_tables(const sequence& what);
    void write_registers(const sequence& what);

    ring0::general_registers general_{};
    bool launched_ = false;
    bool has_tsc_aux_ = false;
};

}  // namespace msr::switching
