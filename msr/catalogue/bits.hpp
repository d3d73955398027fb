// Bit arithmetic that look-up, decoding and checks share. Freestanding.
#pragma once

#include <cstdint>

#include "msr/catalogue/model.hpp"

namespace msr::catalogue {

/// A mask of bits msb..lsb; empty when msb < lsb.
[[nodiscard]] constexpr std::uint64_t mask_of(int msb, int lsb) {
    if (msb < lsb) return 0;
    const auto width = static_cast<unsigned>(msb - lsb + 1);
    const auto ones = width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
    return ones << static_cast<unsigned>(lsb);
}

[[nodiscard]] constexpr std::uint64_t extract(std::uint64_t value, int msb, int lsb) {
    return msb < lsb ? 0 : (value & mask_of(msb, lsb)) >> static_cast<unsigned>(lsb);
}

/// The bit's number on a CPU; `quantities(index)` gives the values that it may follow.
template <class Quantities>
[[nodiscard]] constexpr int place(bit_position at, const Quantities& quantities) {
    return at.quantity == none ? at.offset : at.offset + static_cast<int>(quantities(at.quantity));
}

}  // namespace msr::catalogue
