// The CPU as far as the bases of FS and GS go, in 64-bit mode: its state, and what each instruction and each way into
// and out of ring 0 does to it. Freestanding.
//
// Left out, because nothing here depends on it: limits and attributes of FS and GS (64-bit mode does not look at them;
// they come and go with the selector, which stands for them), what is speculated, and when a write becomes visible to
// others.
#pragma once

#include <cstdint>

#include "msr/context/segment_bases/value.hpp"
#include "msr/core/view.hpp"
#include "msr/profile/profile.hpp"

namespace msr::context {

/// What a CPU has of what matters here.
struct cpu_facts {
    bool fsgsbase = false;
    bool fred = false;
    bool lkgs = false;
    bool wrmsrns = false;
    bool msr_imm = false;  // WRMSRNS with the register's address in the instruction
    bool msrlist = false;
    bool rdpid = false;
    bool null_clears_base = true;       // else a null selector leaves the base as it was (APM 2 4.5.3, 8000_0021H)
    bool base_writes_serialise = true;  // WRMSR to the three bases (APM 2 16.3, 8000_0021H:EAX[1])
    unsigned linear_width = 48;         // bits of a linear address
};

[[nodiscard]] cpu_facts facts_of(const profile::profile& cpu);

/// How events are delivered: CR4.FRED.
enum class delivery : std::uint8_t { idt, fred };

/// SDM 3 6.15; none is the absence of one.
enum class exception : std::uint8_t { none, invalid_opcode, segment_not_present, general_protection, page_fault };

[[nodiscard]] text to_string(exception one);

/// What the descriptor that a selector names is like: a data segment of privilege level 3, if it is there.
struct descriptor {
    enum class condition : std::uint8_t {
        present,
        absent,    // P is 0: #NP
        invalid,   // outside the table, or not a data segment: #GP
        unmapped,  // its page is not present: #PF
    };

    value selector = zero;
    value base = zero;  // 32 bits (SDM 3 3.4.5)
    condition is = condition::present;
    bool unsteady = false;  // another thread may take it away at any time
};

struct segment {
    value selector = zero;
    value base = zero;

    friend constexpr bool operator==(const segment&, const segment&) = default;
};

/// The registers that can be written by WRMSR here.
enum class base_register : std::uint8_t { fs_base, gs_base, kernel_gs_base, fred_rsp0, tsc_aux };

inline constexpr std::size_t general_registers = 4;

/// Without padding: states are compared and hashed as bytes.
struct cpu_state {
    segment fs;
    segment gs;
    value kernel_gs_base = zero;
    value fred_rsp0 = zero;
    value tsc_aux = zero;
    value general[general_registers]{};  // RAX, RBX, RCX, RDX
    std::uint8_t user : 1 = 0;           // CPL is 3, else 0
    std::uint8_t interrupts : 1 = 0;     // RFLAGS.IF
    std::uint8_t nmi_blocked : 1 = 0;    // until the next IRET (SDM 3 6.7.1)
    std::uint8_t in_machine_check : 1 = 0;
    std::uint8_t in_debug : 1 = 0;      // handlers of #DB take care that there is not another
    std::uint8_t sti_shadow : 1 = 0;    // no interrupt before the next instruction is done
    std::uint8_t ss_shadow : 1 = 0;     // nor a debug exception, nor NMI (SDM 3 6.8.3)
    std::uint8_t trap_pending : 1 = 0;  // a debug exception held back by MOV SS

    friend constexpr bool operator==(const cpu_state&, const cpu_state&) = default;
};

/// What the CPU, or its first instructions, keep of the code that an event interrupts.
struct return_frame {
    value general[general_registers]{};
    std::uint8_t user : 1 = 0;
    std::uint8_t interrupts : 1 = 0;
    std::uint8_t in_machine_check : 1 = 0;
    std::uint8_t in_debug : 1 = 0;
    std::uint8_t unblocks_nmi : 1 = 0;  // FRED: ERETS and ERETU unblock NMI only after one
    std::uint8_t unused : 3 = 0;

    friend constexpr bool operator==(const return_frame&, const return_frame&) = default;
};

enum class event : std::uint8_t { interrupt, nmi, machine_check, debug, fault, system_call };
inline constexpr std::size_t event_kinds = 6;

[[nodiscard]] text to_string(event kind);

/// A CPU with its tables. Every instruction either faults and changes nothing, or is done.
class cpu {
  public:
    cpu(const cpu_facts& facts, delivery mode, value_list& values, view<descriptor> descriptors)
        : facts_{facts}, mode_{mode}, values_{&values}, descriptors_{descriptors} {}

    [[nodiscard]] const cpu_facts& facts() const { return facts_; }
    [[nodiscard]] delivery mode() const { return mode_; }
    [[nodiscard]] const value_list& values() const { return *values_; }

    /// SDM 2 SWAPGS; FRED specification 5.0, 6.3.
    [[nodiscard]] exception swapgs(cpu_state& on) const;
    /// MOV, POP and LGS alike (SDM 2 MOV; APM 2 4.5.3). `gone`: the descriptor has just been taken away.
    [[nodiscard]] exception load_fs(cpu_state& on, value selector, bool gone) const;
    [[nodiscard]] exception load_gs(cpu_state& on, value selector, bool gone) const;
    /// FRED specification 5.0, 10.
    [[nodiscard]] exception lkgs(cpu_state& on, value selector, bool gone) const;
    /// SDM 2 RDFSBASE, WRFSBASE. Without REX.W half of the base is read, or the base is what 32 bits can say.
    [[nodiscard]] exception read_base(const cpu_state& on, value base, bool wide, value& into) const;
    [[nodiscard]] exception write_base(const cpu_state& on, value from, bool wide, value& base) const;
    [[nodiscard]] exception rdmsr(const cpu_state& on, base_register which, value& into) const;
    [[nodiscard]] exception wrmsr(cpu_state& on, base_register which, value from) const;
    /// The three further ways to write a register: #UD where the CPU has them not (SDM 2 WRMSRNS, WRMSRLIST).
    [[nodiscard]] exception wrmsrns(cpu_state& on, base_register which, value from) const;
    [[nodiscard]] exception wrmsrns_immediate(cpu_state& on, base_register which, value from) const;
    [[nodiscard]] exception wrmsrlist(cpu_state& on, base_register which, value from) const;
    [[nodiscard]] exception rdpid(const cpu_state& on, value& into) const;
    /// CLI, STI: #GP in user mode.
    [[nodiscard]] exception set_interrupts(cpu_state& on, bool enabled) const;

    /// Whether an event can arrive before the next instruction.
    [[nodiscard]] bool admits(const cpu_state& on, event kind) const;
    /// Goes to ring 0, by the IDT or as FRED does (SDM 3 6.12.1; FRED specification 5.0, 5.1), or by SYSCALL.
    [[nodiscard]] return_frame deliver(cpu_state& on, event kind) const;

    /// SDM 2 IRET; #GP under FRED if it would leave ring 0.
    [[nodiscard]] exception iret(cpu_state& on, const return_frame& from) const;
    [[nodiscard]] exception sysret(cpu_state& on, const return_frame& from) const;
    /// FRED specification 5.0, 6.1 and 6.2.
    [[nodiscard]] exception erets(cpu_state& on, const return_frame& from) const;
    [[nodiscard]] exception eretu(cpu_state& on, const return_frame& from) const;

  private:
    [[nodiscard]] bool canonical(value one) const;
    [[nodiscard]] bool writable(base_register which, value from) const;
    [[nodiscard]] value low_half(value one) const;
    [[nodiscard]] exception find(value selector, bool gone, descriptor& found, bool& null) const;
    static void swap_bases(cpu_state& on);
    static void resume(cpu_state& on, const return_frame& from);

    cpu_facts facts_;
    delivery mode_;
    value_list* values_;
    view<descriptor> descriptors_;
};

}  // namespace msr::context
