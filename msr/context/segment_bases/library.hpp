// The sequences that ship with msrkit: those that kernels run, and the mistakes that have been made in them.
#pragma once

#include <span>
#include <string_view>

namespace msr::context {

struct shipped_sequence {
    std::string_view name;
    std::string_view text;
};

/// By name.
[[nodiscard]] std::span<const shipped_sequence> library();

[[nodiscard]] const shipped_sequence* find_sequence(std::string_view name);

/// The handlers and other code that sequences can name without writing it.
[[nodiscard]] std::string_view routines();

}  // namespace msr::context
