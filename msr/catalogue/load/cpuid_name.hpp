// How the manuals, and so the catalogue, write places in CPUID: 07H.1 is a leaf and sub-leaf, 07H.1:EAX[17] a bit.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "msr/catalogue/model.hpp"

namespace msr::catalogue::load {

/// LEAFH[.SUBLEAF][:EAX[[MSB[..LSB]]]]; the schema has checked the form. What is not written is 0, or none.
[[nodiscard]] cpuid_bits parse_cpuid(std::string_view source);

/// 07H.1; a sub-leaf of 0 is not written.
[[nodiscard]] std::string leaf_name(std::uint32_t leaf, std::uint32_t subleaf);

/// 07H.1:EAX[17]
[[nodiscard]] std::string name_of(const cpuid_bits& where);

}  // namespace msr::catalogue::load
