// What each way to write a base does, where it is unsafe, and what makes it safe: worked out by the model and the
// checker.
#pragma once

#include <string>
#include <vector>

#include "msr/context/segment_bases/cpu.hpp"

namespace msr::context {

struct mechanism_row {
    std::string mechanism;
    delivery mode = delivery::idt;
    std::string writes;   // on a CPU that has it; where vendors differ, each
    std::string faults;   // in the kernel
    std::string unsafe;   // used by itself in the kernel, with interrupts on; empty if it is safe
    std::string safe_if;  // the least that makes it safe; empty if nothing that was tried does
    std::string serialises;
    std::string proven_in;  // sequences of the library
};

[[nodiscard]] std::vector<mechanism_row> mechanism_table();

/// As Markdown, a table for each way of delivering events.
[[nodiscard]] std::string table_text(const std::vector<mechanism_row>& rows);

}  // namespace msr::context
