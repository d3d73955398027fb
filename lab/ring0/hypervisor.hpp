// What both hypervisors have in common: the guest's registers between exits, the answers to its RDMSR, WRMSR and CPUID,
// and what is checked when it has ended. How a guest is entered is vmx_hypervisor.cpp's and svm_hypervisor.cpp's.
// Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "lab/ring0/engine.hpp"
#include "lab/ring0/general_registers.hpp"
#include "lab/ring0/guest_program.hpp"
#include "lab/ring0/tap.hpp"
#include "lab/ring0/value_of.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "msr/registers/ia32_pat.hpp"

namespace msr::ring0 {

/// Why a guest came back.
enum class exit_reason : std::uint8_t { rdmsr, wrmsr, cpuid, halt, other };

/// The hypervisor's own registers that a guest has its own values of: what it reaches itself, EFER and PAT.
class host_registers {
  public:
    /// As they are now.
    host_registers();
    /// The address of one that is another now; nothing if all are as they were.
    [[nodiscard]] std::optional<std::uint32_t> changed() const;
    [[nodiscard]] std::size_t count() const { return count_; }

  private:
    void add(std::uint32_t address);

    profile::known_register registers_[32];
    std::size_t count_ = 0;
};

/// A virtual CPU's registers as the hypervisor answers for them.
class virtual_cpu {
  public:
    /// `shown`: the CPU that the guest sees. `elsewhere` holds EFER and PAT.
    void start(const description& shown, virt::backing elsewhere);

    [[nodiscard]] virt::guest& registers() { return engine_.registers(); }

    /// At an exit for RDMSR or WRMSR; false: inject #GP(0).
    [[nodiscard]] bool on_rdmsr(general_registers& general);
    [[nodiscard]] bool on_wrmsr(const general_registers& general);
    void on_cpuid(general_registers& general) const;

  private:
    const description* shown_ = nullptr;
    engine engine_;
};

/// Runs the guest to its HLT. `Cpu` enters it, and knows how to pass over an instruction and how to inject #GP(0).
/// False if it came back for a reason that nobody expected.
template <class Cpu>
bool run_guest(Cpu& cpu, virtual_cpu& guest) {
    auto& general = cpu.general();
    for (;;) {
        bool done = true;
        switch (cpu.enter()) {
            case exit_reason::rdmsr: done = guest.on_rdmsr(general); break;
            case exit_reason::wrmsr: done = guest.on_wrmsr(general); break;
            case exit_reason::cpuid: guest.on_cpuid(general); break;
            case exit_reason::halt: return true;
            case exit_reason::other: return false;
        }
        if (done)
            cpu.skip_instruction();
        else
            cpu.inject_general_protection();
    }
}

/// What the checks compare the guest with.
struct expectation {
    const description& shown;      // the CPU that it saw
    engine& hardware;              // what it reaches itself, it finds as this CPU has it
    bool judges;                   // whether this machine raises the faults of a CPU
    const host_registers& before;  // of the hypervisor
};

namespace detail {
/// The same for any map: `intercepts` asks it.
void check_guest(bool (*intercepts)(const void* map, std::uint32_t index, direction access), const void* map,
                 const expectation& expected);
}  // namespace detail

/// Each case's exits and outcomes, and that each world kept its own registers.
template <class Map>
void check_guest(const Map& map, const expectation& expected) {
    detail::check_guest([](const void* one, std::uint32_t index,
                           direction access) { return static_cast<const Map*>(one)->intercepts(index, access); },
                        &map, expected);
}

/// What the guest measured, and what it means.
void note_costs();

}  // namespace msr::ring0
