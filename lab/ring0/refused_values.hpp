// Values that CPUs refuse, for more than one part of the lab. Freestanding.
#pragma once

#include <cstdint>

#include "msr/registers/ia32_pat.hpp"

namespace msr::ring0 {

inline constexpr std::uint64_t not_canonical = std::uint64_t{1} << 63;

/// A PAT whose first memory type is a reserved encoding (SDM volume 3, table 12-10).
constexpr ia32_pat pat_of_a_reserved_type() {
    using type = ia32_pat::fields::pa::element::value_type;
    return ia32_pat::at_reset().with<ia32_pat::fields::pa>(0, type::from_raw(2));
}

}  // namespace msr::ring0
