// Collects everything a CPU answers to CPUID.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "msr/profile/cpuid.hpp"

namespace msr::host {

/// Executes CPUID with EAX = leaf and ECX = subleaf.
using cpuid_function = std::function<profile::cpuid_answer(std::uint32_t leaf, std::uint32_t subleaf)>;

/// CPUID of the CPU that the calling thread runs on.
[[nodiscard]] profile::cpuid_answer native_cpuid(std::uint32_t leaf, std::uint32_t subleaf);

/// All leaves that exist, with their sub-leaves, sorted: basic, hypervisor (every base from 40000000H on, 100H apart),
/// extended and Centaur.
[[nodiscard]] std::vector<profile::cpuid_leaf> collect_cpuid(const cpuid_function& execute);

}  // namespace msr::host
