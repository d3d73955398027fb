// CPUID's answers as data: recorded from a machine, read from a file, or made up for a guest. Freestanding.
#pragma once

#include <cstdint>

#include "msr/core/view.hpp"

namespace msr::catalogue {

struct cpuid_answer {
    std::uint32_t eax = 0;
    std::uint32_t ebx = 0;
    std::uint32_t ecx = 0;
    std::uint32_t edx = 0;

    friend constexpr bool operator==(const cpuid_answer&, const cpuid_answer&) = default;
};

struct cpuid_leaf {
    std::uint32_t leaf = 0;
    std::uint32_t subleaf = 0;
    cpuid_answer answer;

    friend constexpr bool operator==(const cpuid_leaf&, const cpuid_leaf&) = default;
};

/// The value of a register that announces capabilities.
struct known_register {
    std::uint32_t address = 0;
    std::uint64_t value = 0;

    friend constexpr bool operator==(const known_register&, const known_register&) = default;
};

/// The answer for a leaf and sub-leaf; zeros where it is not recorded, as a reserved leaf answers.
[[nodiscard]] constexpr cpuid_answer find(view<cpuid_leaf> leaves, std::uint32_t leaf, std::uint32_t subleaf) {
    for (const auto& one : leaves) {
        if (one.leaf == leaf && one.subleaf == subleaf) return one.answer;
    }
    return {};
}

}  // namespace msr::catalogue
