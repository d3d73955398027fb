// A sequence, read: the tasks, what the kernel keeps in memory, the code, and which code handles which event.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "msr/context/segment_bases/cpu.hpp"
#include "msr/context/segment_bases/violation.hpp"

namespace msr::context {

/// What an instruction of a sequence does. The first group is the CPU's; the second is the rest of the kernel's code,
/// as far as it matters here; the third changes nothing, and says what is the case.
enum class operation : std::uint8_t {
    swapgs,
    mov_fs,
    mov_gs,
    lkgs,
    rdfsbase,
    rdgsbase,
    wrfsbase,
    wrgsbase,
    rdmsr,
    wrmsr,
    wrmsrns,
    wrmsrns_imm,
    wrmsrlist,
    rdpid,
    lsl,
    cli,
    sti,
    mov_ss,
    syscall,
    iret,
    sysret,
    erets,
    eretu,
    vmenter,
    vmexit,
    mov,
    mov_from_fs,
    mov_from_gs,
    jmp,
    je,
    jne,
    jnegative,
    jpositive,
    jfrom_user,
    jfrom_kernel,
    jreturn,
    resume,
    discard_frame,
    percpu_base,
    nop,
    percpu,
    current,
    promise,
    expect_equal,
    oops,
    halt,
};

/// A place that holds a value: a general register, or a variable. Those of one state share one array.
inline constexpr std::size_t most_variables = 12;
inline constexpr std::size_t places = general_registers + most_variables;

/// What an ABI promises a task: it finds these again whenever it runs in user mode.
struct promised_bases {
    segment fs;
    segment gs;

    friend constexpr bool operator==(const promised_bases&, const promised_bases&) = default;
};

enum class promised : std::uint8_t { fs, fs_base, gs, gs_base };

struct instruction {
    operation what = operation::nop;
    bool wide = true;       // without REX.W, 32 bits
    bool constant = false;  // `from` is a value's number, else a place
    std::uint8_t to = 0;    // a place; a base_register; a task; what is promised
    std::uint8_t from = 0;
    std::uint16_t target = 0;  // an instruction
    std::uint16_t other = 0;   // jreturn: the instruction that the return address is compared with
    std::uint16_t line = 0;    // of the file; 0 in the routines that every sequence can use
};

struct task {
    promised_bases has;
    value rsp0 = zero;

    friend constexpr bool operator==(const task&, const task&) = default;
};

inline constexpr std::size_t most_tasks = 2;

/// A guest's bases: of GS, and the one that it reaches by SWAPGS.
struct guest_bases {
    value gs_base = zero;
    value kernel_gs_base = zero;

    friend constexpr bool operator==(const guest_bases&, const guest_bases&) = default;
};

/// Where RSP0 and its copy in memory must agree.
enum class rsp0_rule : std::uint8_t {
    everywhere,  // a copy that equals the task's stack says what the register holds, at every boundary
    at_return,   // only when user mode is entered
};

inline constexpr std::uint16_t no_instruction = 0xFFFF;

struct program {
    std::string name;
    std::string title;
    std::vector<std::string> sources;
    violation expected = violation::none;  // none: the sequence is safe
    bool in_idt = false;
    bool in_fred = false;
    cpu_facts needs;  // the CPU that the sequence is written for

    std::vector<instruction> code;
    std::vector<std::string> lines;   // each instruction as it is written
    std::vector<std::string> labels;  // of an instruction; empty if it has none

    value_list values;
    value kernel_base = zero;
    value other_cpus_base = zero;
    value cpu_number = zero;
    std::vector<descriptor> descriptors;
    std::array<task, most_tasks> tasks;
    std::vector<std::string> variables;
    std::array<value, most_variables> at_start{};
    std::uint16_t percpu_variables = 0;     // a bit each: reached through GS
    std::optional<std::uint8_t> rsp0_copy;  // the place that holds it
    rsp0_rule rsp0_checked = rsp0_rule::everywhere;
    std::optional<std::uint8_t> guest_gs, guest_fs, host_gs, host_fs;  // what VM entry and VM exit load and save

    std::array<std::uint16_t, event_kinds> handlers{};  // an instruction, or no_instruction
    std::array<bool, event_kinds> arrive{};             // those that come by themselves
    unsigned depth = 3;                                 // how many of them can be in progress at once
    // Returns to user mode that the user can make fault, by what stands in the frame.
    bool iret_refused = false;
    bool sysret_refused = false;
    bool eretu_refused = false;

    std::uint16_t start = 0;
    std::uint16_t user = 0;  // where user mode continues after a start in the kernel
    bool start_in_user = true;
    bool start_interrupts = true;
    std::uint8_t start_task = 0;
    value tsc_aux = zero;
    guest_bases guest;

    [[nodiscard]] bool may_be_refused(operation what) const {
        return (what == operation::iret && iret_refused) || (what == operation::sysret && sysret_refused) ||
               (what == operation::eretu && eretu_refused);
    }
};

}  // namespace msr::context
