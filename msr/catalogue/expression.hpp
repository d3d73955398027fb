// Conditions and value formulas, compiled to a postfix form. Freestanding; nothing here owns memory.
#pragma once

#include <cstdint>

#include "msr/core/view.hpp"

namespace msr::catalogue {

enum class operation : std::uint8_t {
    number,      // push operand
    feature,     // push 1 if feature #operand is present
    vendor,      // push 1 if the CPU is of vendor #operand
    processors,  // push 1 if the CPU is in processor group #operand
    quantity,    // push quantity #operand
    family,      // push the CPU's family, model, stepping
    model,
    stepping,
    register_bits,  // push bits msb..lsb of the register at address operand
    self_bits,      // push bits msb..lsb of the register being evaluated
    setting,        // push 1 if setting #operand of the virtual machine is on
    state,          // push 1 if state #operand of the guest holds now
    logical_and,
    logical_or,
    logical_not,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    add,
    subtract,
    multiply,
    divide,
    power,
};

/// Whose fact it is. Only the conditions of intercept policies are about two CPUs.
enum class subject : std::uint8_t { cpu, host, guest };

struct instruction {
    operation code;
    std::uint8_t msb = 0;
    std::uint8_t lsb = 0;
    subject whose = subject::cpu;
    std::uint64_t operand = 0;
};

/// Postfix program. Empty stands for "always" as a condition and "none" as a formula.
using expression = view<instruction>;

}  // namespace msr::catalogue
