// The instructions of the language: how each is written.
#pragma once

#include <span>
#include <string_view>

#include "msr/context/segment_bases/program.hpp"

namespace msr::context {

struct written_operation {
    std::string_view word;
    operation what;
    // A letter an operand. p: a place that is written or compared. s: a place or a value. P, S: the same, of 64 or 32
    // bits. m: a register by its name. d: a place that a register is read into. l: where it goes on. o: an address that
    // is compared. t: a task. h: what is promised.
    std::string_view operands;
};

/// Sorted by nothing; MOV is not among them, as its operands say which of several it is.
[[nodiscard]] std::span<const written_operation> written_operations();

/// What an instruction does, by its word; nullptr if there is none.
[[nodiscard]] const written_operation* find_operation(std::string_view word);

}  // namespace msr::context
