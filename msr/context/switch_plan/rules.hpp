// What a switch has to know of each register that it may write: worked out once, for one kind of CPU, from the
// catalogue. Freestanding.
#pragma once

#include <cstdint>
#include <expected>

#include "msr/core/view.hpp"
#include "msr/profile/behaviour.hpp"

namespace msr::context {

/// The instruction that writes a register.
enum class write_instruction : std::uint8_t { wrmsr, wrmsrns, wrmsrlist };

[[nodiscard]] text to_string(write_instruction one);

/// Which selector's load changes the register, so that it has to be written after it whatever it held.
enum class base_of : std::uint8_t { nothing, fs, gs };

struct switch_rule {
    const catalogue::register_entry* entry = nullptr;
    std::uint32_t address = 0;
    std::uint16_t order = 0;  // those of lower numbers are written first
    write_instruction by = write_instruction::wrmsr;
    base_of base = base_of::nothing;
    bool serialises = true;        // that instruction does
    bool wrmsr_serialises = true;  // WRMSR would
    bool can_wait = false;         // for the return to user mode
    bool by_xsaves = false;        // XSAVES and XRSTORS switch it
    bool always = false;           // even if it is equal: a command acts each time, and a counter has gone on
    std::uint64_t fixed = 0;       // bits that no switch can change: paging would have to be off
};

/// Why there is no rule, or no plan, and for which register.
struct switch_objection {
    enum class cause : std::uint8_t {
        not_on_cpu,    // the catalogue has no such register for this CPU
        not_writable,  // software can only read it
        out_of_order,  // addresses do not ascend, or one is listed twice
        no_rule,       // it was not among those that rules were made for, or addresses do not ascend
        paging,        // the two differ in bits that cannot change while paging is on
        no_room,       // the storage is too small
    };

    std::uint32_t address = 0;
    cause why = cause::not_on_cpu;

    friend bool operator==(const switch_objection&, const switch_objection&) = default;
};

[[nodiscard]] text to_string(switch_objection::cause why);

/// Of one kind of CPU; sorted by address.
struct switch_rules {
    view<switch_rule> rows;
    bool has_list = false;  // WRMSRLIST

    /// Null where there is none.
    [[nodiscard]] const switch_rule* find(std::uint32_t address) const;
};

/// Makes the rules for registers, whose addresses ascend. `xss` is what the system keeps in IA32_XSS: XSAVES then
/// switches what the catalogue says that it does. `storage` has room for a row each.
///
/// A write on which another register's depends stays a WRMSR, so that it is done with by then; of the others, those
/// whose WRMSR would serialise become WRMSRNS where the CPU has it (SDM volume 2, WRMSRNS).
[[nodiscard]] std::expected<switch_rules, switch_objection> make_switch_rules(const profile::profile& cpu,
                                                                              view<std::uint32_t> addresses,
                                                                              std::uint64_t xss,
                                                                              profile::buffer<switch_rule> storage);

}  // namespace msr::context
