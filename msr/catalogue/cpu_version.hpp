// What CPUID says of a CPU that is no single bit: the vendor's signature, and family, model and stepping. Freestanding.
#pragma once

#include <cstdint>

#include "msr/catalogue/bits.hpp"

namespace msr::catalogue {

/// The leaves that everything else hangs on.
inline constexpr std::uint32_t vendor_leaf = 0;
inline constexpr std::uint32_t version_leaf = 1;
inline constexpr std::uint32_t first_extended_leaf = 0x80000000;

/// Four letters of a signature, from its letter `from` on; a shorter signature is filled up with zeros.
[[nodiscard]] constexpr std::uint32_t letters(text signature, std::size_t from) {
    std::uint32_t word = 0;
    for (std::size_t at = 0; at < 4; ++at) {
        if (from + at < signature.size())
            word |= std::uint32_t{static_cast<unsigned char>(signature.data()[from + at])} << (8 * at);
    }
    return word;
}

/// Whether three registers spell twelve letters.
[[nodiscard]] constexpr bool spells(text signature, std::uint32_t first, std::uint32_t second, std::uint32_t third) {
    return letters(signature, 0) == first && letters(signature, 4) == second && letters(signature, 8) == third;
}

/// What CPUID.01H:EAX says.
struct version {
    std::uint32_t family = 0;
    std::uint32_t model = 0;
    std::uint32_t stepping = 0;

    friend constexpr bool operator==(const version&, const version&) = default;
};

/// A number in two parts: what does not fit the base bits stands in the extended ones.
struct split_bits {
    int base_msb;
    int base_lsb;
    int extended_msb;
    int extended_lsb;
};

// SDM vol. 2, CPUID, figure 3-6.
inline constexpr split_bits family_bits{11, 8, 27, 20};
inline constexpr split_bits model_bits{7, 4, 19, 16};
inline constexpr int stepping_msb = 3;
inline constexpr std::uint32_t last_base_family = 0xF;
// The manual says that families 6 and 0FH have an extended model; Zhaoxin's family 7 follows, and no other family
// between them has one.
inline constexpr std::uint32_t first_family_with_extended_model = 6;

/// The extended fields count only beside certain base values.
[[nodiscard]] constexpr version decode_version(std::uint32_t eax) {
    const auto part = [&](int msb, int lsb) { return static_cast<std::uint32_t>(extract(eax, msb, lsb)); };
    const auto base = part(family_bits.base_msb, family_bits.base_lsb);
    version result{base, part(model_bits.base_msb, model_bits.base_lsb), part(stepping_msb, 0)};
    if (base == last_base_family) result.family += part(family_bits.extended_msb, family_bits.extended_lsb);
    if (base >= first_family_with_extended_model)
        result.model |= part(model_bits.extended_msb, model_bits.extended_lsb) << 4U;
    return result;
}

/// The reverse; decodes to something else where the encoding has no such family, model or stepping.
[[nodiscard]] constexpr std::uint32_t encode_version(const version& wanted) {
    const auto base = wanted.family < last_base_family ? wanted.family : last_base_family;
    const auto placed = [](std::uint32_t value, int msb, int lsb) {
        return static_cast<std::uint32_t>(std::uint64_t{value} << static_cast<unsigned>(lsb) & mask_of(msb, lsb));
    };
    return placed(base, family_bits.base_msb, family_bits.base_lsb) |
           placed(wanted.family - base, family_bits.extended_msb, family_bits.extended_lsb) |
           placed(wanted.model & 0xFU, model_bits.base_msb, model_bits.base_lsb) |
           placed(wanted.model >> 4U, model_bits.extended_msb, model_bits.extended_lsb) |
           placed(wanted.stepping, stepping_msb, 0);
}

}  // namespace msr::catalogue
