// The catalogue in memory: plain tables of constants, the same for the registers that are compiled in and for those a
// user's overlay adds at run time. Freestanding; nothing here owns memory.
#pragma once

#include <cstdint>

#include "msr/catalogue/cpuid.hpp"
#include "msr/catalogue/expression.hpp"
#include "msr/catalogue/implementation.hpp"
#include "msr/catalogue/policy.hpp"
#include "msr/core/layout.hpp"
#include "msr/core/view.hpp"

namespace msr::catalogue {

// ---- what a CPU says of itself

enum class cpuid_register : std::uint8_t { none, eax, ebx, ecx, edx };

/// One bit (a feature) or range of bits (a quantity) of CPUID's answer. With a hypervisor signature, the leaf is
/// relative to the base at which that hypervisor's leaves were found (40000000H + n * 100H).
struct cpuid_bits {
    std::uint32_t leaf = 0;
    std::uint32_t subleaf = 0;
    cpuid_register reg = cpuid_register::none;
    std::uint8_t msb = 0;
    std::uint8_t lsb = 0;
    text hypervisor = {};
};

/// The register of an answer in which a fact stands; null for one that has no place.
[[nodiscard]] constexpr std::uint32_t cpuid_answer::* member_of(cpuid_register which) {
    switch (which) {
        case cpuid_register::eax: return &cpuid_answer::eax;
        case cpuid_register::ebx: return &cpuid_answer::ebx;
        case cpuid_register::ecx: return &cpuid_answer::ecx;
        case cpuid_register::edx: return &cpuid_answer::edx;
        case cpuid_register::none: break;
    }
    return nullptr;
}

/// What stands at the place in an answer for its leaf.
[[nodiscard]] constexpr std::uint32_t value_in(const cpuid_answer& answer, const cpuid_bits& where) {
    const auto member = member_of(where.reg);
    if (member == nullptr) return 0;
    return answer.*member << (31U - where.msb) >> (31U - where.msb + where.lsb);
}

/// Whether a single bit of CPUID announces the feature, the same on every CPU: it follows from no other feature, and
/// stands in no hypervisor's leaf.
[[nodiscard]] constexpr bool has_bit_of_its_own(const cpuid_bits& where) {
    return where.reg != cpuid_register::none && where.hypervisor.empty();
}

struct feature_entry {
    text name;
    text title;
    cpuid_bits where;                        // reg == none: `condition`, or mere presence of the hypervisor
    expression condition;                    // a feature derived from others
    view<std::uint16_t> prerequisites = {};  // features without which a CPU cannot have it
};

struct quantity_entry {
    text name;
    text title;
    cpuid_bits where;
    std::uint32_t minimum = 0;
    std::uint32_t maximum = 0;
    std::uint32_t fallback = 0;     // where CPUID lacks the leaf, or gives 0
    view<std::uint32_t> only = {};  // the values that there are; empty: all from the minimum to the maximum
};

/// The quantity, by what stands at its place: a width that no CPU can have would break the tiling of registers.
[[nodiscard]] constexpr std::uint32_t value_of(const quantity_entry& quantity, std::uint32_t answered) {
    if (answered == 0) answered = quantity.fallback;
    if (answered < quantity.minimum) return quantity.minimum;
    return answered > quantity.maximum ? quantity.maximum : answered;
}

struct vendor_entry {
    text name;
    view<text> signatures;  // CPUID.0H:EBX:EDX:ECX, 12 characters
};

struct processor_match {
    std::uint16_t vendor = 0;
    std::uint16_t family = 0;
    std::uint16_t model_first = 0;
    std::uint16_t model_last = 0;
    std::uint8_t stepping_first = 0;
    std::uint8_t stepping_last = 15;
};

/// One processor (a microarchitecture) or a named group of them.
struct processor_entry {
    text name;
    text title;
    view<processor_match> matches;
    bool group = false;
};

// ---- values in words

/// A value stands for `title` when (value & mask) == match.
struct enumerator {
    std::uint64_t match = 0;
    std::uint64_t mask = ~std::uint64_t{0};
    text name;
    text title;
};

struct enumeration_entry {
    text name;
    text title;
    view<enumerator> values;
};

// ---- registers

inline constexpr std::uint16_t none = 0xFFFF;

/// A bit number, or one that follows a quantity: offset + value of the quantity.
struct bit_position {
    std::int16_t offset = 0;
    std::uint16_t quantity = none;
};

enum class field_kind : std::uint8_t {
    number,
    signed_number,
    linear_address,    // canonical, or a write faults
    physical_address,  // below MAXPHYADDR, or a write faults
    must_be_zero,      // reserved: a one faults
    ignored,           // reserved: any value is accepted and dropped, reads as zero
    preserve,          // reserved: software writes back what it read
    reserved,          // reserved bits of a register that cannot be written
    code,              // a number that people write in hexadecimal: a selector, an event, a port
};

enum class access : std::uint8_t {
    read_write,
    read_only,
    write_only,
    write_one_to_clear,
    write_one_to_set,     // a zero leaves a set bit alone; only reset clears it
    write_zero_to_clear,  // a one leaves the bit alone
};

/// What becomes of a write that tries to change what it may not: a locked field, a read-only field, an illegal value.
enum class effect : std::uint8_t { fault, ignored, undefined };

enum class scope : std::uint8_t { thread, core, module, die, package, platform };

/// Whether the value may differ between CPUs, or change by itself: what a comparison must not report.
enum class variation : std::uint8_t { constant, per_cpu, changing };

/// What a write that changes a field does to the machine it is made on, beyond the register.
enum class danger : std::uint8_t {
    not_stated,
    resets,  // resets the machine, or the virtual one
    stops,   // the running system stands on it, and may stop at once
    lasts,   // nothing but a reset takes it back
};

struct field_entry {
    text name;  // empty: reserved
    text title;
    text description;
    bit_position msb;
    bit_position lsb;
    field_kind kind = field_kind::number;
    msr::catalogue::access access = msr::catalogue::access::read_write;
    effect on_write = effect::ignored;  // a write that would change a read-only field
    effect illegal = effect::fault;     // a write of a value that is not legal
    variation varies = variation::constant;
    msr::catalogue::danger danger = msr::catalogue::danger::not_stated;
    bool values_exhaust = false;  // only the values of `values` are legal
    std::uint8_t shift = 0;       // the field holds the value's bits from `shift` up
    text array = {};              // element of an array of fields: the array's name
    std::uint16_t element = 0;    // and the element's number
    expression exists;
    expression legal;  // a condition over self_bits
    expression value;  // scaled value
    text unit;
    const enumeration_entry* values = nullptr;
};

/// A named rule of msr/rules/: behaviour that facts of single fields cannot say.
struct rule_entry {
    text name;
    text title;
};

/// A named list of fields that several registers share.
struct layout_entry {
    text name;
    text title;
    std::uint8_t width = 64;
    view<field_entry> fields;
};

/// A stretch of a register that has a shared layout; its fields also stand in the register's own list, as NAME.FIELD.
struct part_entry {
    text name;
    const layout_entry* layout = nullptr;
    std::uint8_t lsb = 0;
};

struct lock_entry {
    text field;
    view<text> locks;  // empty: the whole register
    msr::catalogue::effect effect = msr::catalogue::effect::fault;
};

/// What carries a register's value across a world switch, in the manuals' terms.
struct switch_entry {
    text mechanism;  // vmcs, vmcb, xsaves, msr_list, instruction
    text how;
};

/// Where a register's value matters: everywhere, or in user mode and on the way into the kernel from there alone, so
/// that the kernel may run with another.
enum class use : std::uint8_t { everywhere, user_mode };

struct register_entry {
    text name;
    text variant;  // tells entries of one name apart
    text title;
    text description;
    text topic;
    view<text> aliases;
    std::uint32_t address = 0;
    std::uint32_t stride = 0;
    std::uint32_t members = 1;  // most there can be
    std::uint32_t first = 0;    // number of the first member
    text member;                // name of one, "{}" being its number
    expression count;           // how many there are on a CPU
    expression exists;
    msr::catalogue::scope scope = msr::catalogue::scope::thread;
    msr::catalogue::access access = msr::catalogue::access::read_write;
    effect on_write = effect::fault;               // a write to a read-only register
    field_kind absent = field_kind::must_be_zero;  // what a field is whose feature the CPU lacks
    variation varies = variation::constant;
    use used_in = use::everywhere;
    bool fields_known = false;
    bool has_reset = false;
    std::uint64_t reset = 0;
    expression serialising;    // when a WRMSR of it serialises; empty: always
    view<field_entry> fields;  // from bit 63 down; alternatives of one range follow each other
    view<part_entry> parts;
    view<lock_entry> locks;
    view<text> rules;
    view<switch_entry> switched_by;
    view<text> restore_after;  // names of registers that come before it when saved values are written back
    view<text> sources;
    text place = {};  // where it is stated: a file below the catalogue's folder, and the line
};

/// Whether a switch of processes or guests exchanges the register, or it holds a process's or a guest's part of the
/// entry into the kernel: what XSAVES, an instruction, the VMCS or the VMCB carries.
[[nodiscard]] constexpr bool is_switched(const register_entry& entry) {
    for (const auto& by : entry.switched_by)
        if (by.mechanism != "msr_list" && by.how != "none" && by.how != "guest_only") return true;
    return false;
}

// ---- CPUs that are known by name

/// What CPUID answers on one CPU, and the values of the registers that announce capabilities, as far as they are known.
struct profile_entry {
    text name;
    text title;
    view<cpuid_leaf> cpuid;          // by leaf and sub-leaf
    view<known_register> registers;  // by address
    view<text> sources;
};

/// What a profile has room for.
inline constexpr std::size_t most_features = 1024;
inline constexpr std::size_t most_quantities = 64;

/// All tables. Registers are sorted by address; the overlay's stand among the built-in ones.
struct tables {
    view<vendor_entry> vendors;
    view<processor_entry> processors;
    view<feature_entry> features;
    view<quantity_entry> quantities;
    view<enumeration_entry> enumerations;
    view<layout_entry> layouts;
    view<rule_entry> rules;
    view<register_entry> registers;
    view<model_entry> models;
    view<profile_entry> profiles;
    view<field_relation> relations;
    view<msr_list_limit> msr_lists;  // from the registers, and ranges of addresses that are reserved for such
    view<policy_input> settings;
    view<policy_input> states;
    view<policy_entry> policies;
};

[[nodiscard]] constexpr bool is_reserved(const field_entry& field) {
    return field.name.empty();
}

}  // namespace msr::catalogue
