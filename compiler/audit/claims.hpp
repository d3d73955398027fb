// What independent lists say of registers: one claim at a time, whatever the form of the list.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "msr/catalogue/load/problem.hpp"

namespace msr::audit {

using catalogue::load::problems;

enum class subject : std::uint8_t { name, field, model };

/// Bits msb..lsb; an open top follows a width that CPUID reports (MAXPHYADDR-1).
struct bit_range {
    int msb = 0;
    int lsb = 0;
    bool open = false;
};

/// A processor as the manuals' headings name it: 06_3FH.
struct cpu_model {
    std::uint16_t family = 0;
    std::uint16_t model = 0;
};

struct claim {
    std::string source;
    subject about = subject::name;
    std::uint32_t address = 0;
    std::string name = {};                    // of the register or field; empty where the source has none
    std::vector<std::string> registers = {};  // of a field or model: what the source calls the register, where it says
    bit_range bits = {};                      // of a field
    cpu_model on = {};                        // of a model: where the register is documented
};

/// What a verdict calls the claim: a register's name, "40..38" or "8", "06_3F".
[[nodiscard]] std::string claim_text(const claim& one);

}  // namespace msr::audit
