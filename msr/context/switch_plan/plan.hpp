// From one register set to another: which registers are written, in which order, by which instruction, and which of
// them can wait for the return to user mode. Freestanding; a plan is made in storage of the caller's.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "msr/context/switch_plan/rules.hpp"
#include "msr/profile/profile.hpp"

namespace msr::context {

/// What a task or a virtual CPU has in registers; addresses ascend. The selectors are those of a task, and their bases
/// among its registers: a virtual CPU's are the VMCS's or VMCB's, and not said here.
struct register_set {
    view<profile::known_register> registers;
    std::optional<std::uint16_t> fs;
    std::optional<std::uint16_t> gs;
};

struct planned_write {
    std::uint64_t value = 0;
    std::uint32_t address = 0;
    std::uint16_t order = 0;
    write_instruction by = write_instruction::wrmsr;
    bool serialises = true;
};

struct register_plan {
    // Selectors are loaded before anything is written: it changes the bases (docs/segment-bases.md has how).
    bool load_fs = false;
    bool load_gs = false;
    view<planned_write> now;
    view<planned_write> late;  // at the return to user mode at the latest
};

/// Runs of so many and more are written by WRMSRLIST where the CPU has it. One instruction takes 64 at most, so that a
/// longer run is several.
inline constexpr std::size_t least_in_list = 4;
inline constexpr std::size_t most_in_list = 64;

/// What is to be done when `next` follows `previous`. Values that are equal are not written, but for the base of a
/// selector that is loaded, commands, and what changes by itself; what XSAVES switches is left to it. A register that
/// `previous` lacks is written whatever it holds; one that `next` lacks stays as it is; selectors likewise. `storage`
/// has room for as many writes as `next` has registers.
[[nodiscard]] std::expected<register_plan, switch_objection> make_register_plan(const register_set& previous,
                                                                                const register_set& next,
                                                                                const switch_rules& rules,
                                                                                profile::buffer<planned_write> storage);

/// What the writes are taken to cost, in cycles (assumed_cycles.hpp).
[[nodiscard]] unsigned assumed_cycles_of(view<planned_write> writes);

}  // namespace msr::context
