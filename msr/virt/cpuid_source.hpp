// What CPUID says, asked of anything that answers: the instruction, a recorded CPU, what a guest is shown.
// Freestanding.
#pragma once

#include <concepts>
#include <cstdint>

#include "msr/catalogue/model.hpp"

namespace msr::virt {

/// Called with a leaf and a sub-leaf, as profile::native_cpuid is.
template <class F>
concept cpuid_source = requires(F& ask, std::uint32_t number) {
    { ask(number, number) } -> std::same_as<catalogue::cpuid_answer>;
};

/// What stands at a place (msr/registers/cpuid.hpp); 0 in leaves beyond the last one of their range, where an Intel CPU
/// answers for another leaf (SDM 2, CPUID).
template <cpuid_source Cpuid>
[[nodiscard]] constexpr std::uint32_t asked(Cpuid&& cpuid, const catalogue::cpuid_bits& where) {
    constexpr std::uint32_t range = 0xFFFF0000;
    if (cpuid(where.leaf & range, 0).eax < where.leaf) return 0;
    return catalogue::value_in(cpuid(where.leaf, where.subleaf), where);
}

/// A quantity, within what it can be.
template <cpuid_source Cpuid>
[[nodiscard]] constexpr std::uint32_t asked(Cpuid&& cpuid, const catalogue::quantity_entry& quantity) {
    return catalogue::value_of(quantity, asked(cpuid, quantity.where));
}

}  // namespace msr::virt
