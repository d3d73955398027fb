// What an access of one register does on one CPU: succeed, change which bits, or fault, and why. A register's facts
// become a few masks and a short list of further checks, once; each access is then a look at those. Freestanding.
#pragma once

#include <cstdint>

#include "msr/profile/resolve.hpp"
#include "msr/profile/rule.hpp"

namespace msr::profile {

enum class objection : std::uint8_t {
    none,
    absent,  // the CPU has no such register, or not in its present mode
    register_read_only,
    register_write_only,
    reserved_bits,    // a one in a bit that must be zero
    field_read_only,  // a change of a field that has to be written back as it is
    illegal_value,    // a value that the field does not take
    not_canonical,    // no address of this CPU's linear-address width
    locked,
    rule,  // a named rule says so
};

enum class check_kind : std::uint8_t {
    present,    // a condition over registers that software can write: x2APIC registers and their mode
    canonical,  // a linear address
    one_of,     // a field's legal values, as a set
    legal,      // a condition over a field's value, or over all of a register's
    locked,     // bits that a lock, once set, protects
    rule,
};

/// One thing that an access is held against besides the masks.
struct check {
    check_kind kind = check_kind::present;
    catalogue::effect effect = catalogue::effect::fault;
    std::uint8_t msb = 63;
    std::uint8_t lsb = 0;
    std::uint8_t width = 0;  // canonical: bits of a linear address; 0: as paging has them now
    std::uint8_t shift = 0;  // canonical: the field holds the address's bits from here up
    const catalogue::field_entry* field = nullptr;
    std::uint64_t bits = 0;   // one_of: bit n is set where n is legal; locked: what is protected
    std::uint64_t locks = 0;  // locked: the lock
    catalogue::expression condition = {};
    rule_function apply = nullptr;

    [[nodiscard]] constexpr std::uint64_t mask() const { return catalogue::mask_of(msb, lsb); }
    /// one_of: whether a value of the field is legal.
    [[nodiscard]] constexpr bool lists(std::uint64_t raw) const { return raw < 64 && (bits >> raw & 1U) != 0; }
};

struct behaviour {
    const catalogue::register_entry* entry = nullptr;
    view<check> checks;
    bool readable = true;
    bool writable = true;
    bool write_is_dropped = false;  // of a register that is not writable
    bool reads_constant = false;    // a read answers `constant` whatever was written
    std::uint64_t constant = 0;
    std::uint64_t must_be_zero = 0;  // a one faults
    std::uint64_t must_match = 0;    // a change faults
    std::uint64_t clearable = 0;     // a one faults where the CPU reports none
    std::uint64_t settable = 0;      // a zero faults where the CPU reports a one
    std::uint64_t stored = 0;        // arrives as it is written
    std::uint64_t kept = 0;          // a write changes nothing
    std::uint64_t cleared_by_one = 0;
    std::uint64_t set_by_one = 0;
    std::uint64_t cleared_by_zero = 0;
    std::uint64_t commands = 0;   // a one acts, and nothing is held
    std::uint64_t undefined = 0;  // what a change does is not documented; bits in no mask read as zero

    /// Whether a read answers what the register holds.
    [[nodiscard]] constexpr bool reads_plainly() const { return readable && checks.empty() && !reads_constant; }

    /// Bits that a write can change.
    [[nodiscard]] constexpr std::uint64_t reach() const {
        return stored | cleared_by_one | set_by_one | cleared_by_zero;
    }

    /// What the register holds after a write that no check objects to.
    [[nodiscard]] constexpr std::uint64_t combine(std::uint64_t old, std::uint64_t value) const {
        return (value & stored) | (old & kept) | (old & ~value & cleared_by_one) | ((old | value) & set_by_one) |
               (old & value & cleared_by_zero);
    }
};

/// What became of one access.
struct verdict {
    objection why = objection::none;
    const catalogue::field_entry* field = nullptr;  // whose bits are refused, if they are one field's
    std::uint8_t lsb = 0;                           // where that field begins
    std::uint64_t bits = 0;                         // those that are refused
    std::uint64_t result = 0;                       // write: what the register holds afterwards; read: the answer
    std::uint64_t dropped = 0;                      // bits that were written and do not arrive
    std::uint64_t undefined = 0;                    // bits for which the manual does not say what happens
    text words;                                     // a rule's reason

    [[nodiscard]] constexpr bool faults() const { return why != objection::none; }
};

/// Whether a linear address is canonical: all bits from the CPU's linear-address width up equal the one below.
/// The width follows what the CPU supports (57 with LA57), not CR4.LA57 (SDM volume 1, 3.3.7.1).
[[nodiscard]] constexpr bool is_canonical(std::uint64_t address, unsigned width) {
    const auto above = 64 - width;
    return static_cast<std::int64_t>(address << above) >> above == static_cast<std::int64_t>(address);
}

/// Room for so many elements, that the caller owns.
template <class T>
struct buffer {
    constexpr buffer() = default;
    constexpr buffer(T* at, std::size_t elements) : first{at}, room{elements} {}
    template <std::size_t N>
    constexpr buffer(T (&elements)[N]) : first{elements}, room{N} {}

    T* first = nullptr;
    std::size_t room = 0;
};

/// Who makes an access, and whose behaviour is asked for.
struct viewpoint {
    const catalogue::model_entry* model = nullptr;  // null: as the manuals say
    view<named_rule> rules;
    bool by_host = false;
};

/// How many checks a register can need at most: what `behaviour_of` wants as room.
[[nodiscard]] std::size_t most_checks(const catalogue::register_entry& entry, const viewpoint& from);

/// Whether a register is there: yes, no, or (unknown) only while a condition over other registers holds.
[[nodiscard]] catalogue::holds presence(const catalogue::register_entry& entry, const profile& cpu,
                                        const viewpoint& from);

/// Works out a register's behaviour. `checks` has room for `most_checks`; the behaviour refers to it.
[[nodiscard]] behaviour behaviour_of(const resolved_register& layout, const profile& cpu, const viewpoint& from,
                                     buffer<check> checks);

/// One access. `asked` says which, and what the register holds; nothing is stored, but rules may change other
/// registers through `asked.around`.
[[nodiscard]] verdict try_write(const behaviour& of, attempt asked);
[[nodiscard]] verdict try_read(const behaviour& of, attempt asked);

}  // namespace msr::profile
