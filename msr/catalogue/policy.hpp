// Intercept policies: which accesses of a guest reach the hardware, under which condition, and why. Freestanding;
// nothing here owns memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "msr/catalogue/expression.hpp"

namespace msr::catalogue {

/// What the conditions of policies ask for besides facts of the two CPUs: a setting of the virtual machine, or a state
/// that the guest changes as it runs.
struct policy_input {
    text name;
    text title;
};

/// Settings, and states, that there can be: a set of either is a word, a bit each.
inline constexpr std::size_t most_policy_inputs = 64;
/// Different states in one condition: it then holds in at most 1 << this many cases.
inline constexpr std::size_t most_states_in_condition = 6;

/// What a policy is about: VMX's MSR bitmap, SVM's MSR permission map, or either.
enum class extension : std::uint8_t { any, vmx, svm };

/// A register, a family or a part of it, or a range of addresses.
struct policy_registers {
    text name;  // as the policy has it
    std::uint32_t first = 0;
    std::uint32_t stride = 1;
    std::uint32_t count = 1;
};

struct policy_row {
    view<policy_registers> registers;
    bool reads = false;
    bool writes = false;
    bool passes = false;   // else it says only why the accesses exit
    bool filtered = true;  // user space's filter is consulted
    expression when;
    expression members;  // of each family only the first so many pass; empty: all
    text safe;           // why the guest may reach the hardware
    text worth;          // why it pays
    text reason;         // why the accesses exit
    text policy;         // where the row stands: an extended policy's, perhaps
    std::uint32_t line = 0;
};

struct policy_entry {
    text name;
    text title;
    extension on = extension::any;
    text extends;
    view<policy_row> rows;  // those taken over first
    view<text> sources;
};

}  // namespace msr::catalogue
