// A register's value where its absence means nothing. Freestanding.
#pragma once

#include <cstdint>

#include "msr/core/native.hpp"

namespace msr::ring0 {

/// What this CPU's register holds; 0 where there is none.
[[nodiscard]] inline std::uint64_t value_of(std::uint32_t address) {
    return native_bus{}.read(address).value_or(0);
}

}  // namespace msr::ring0
