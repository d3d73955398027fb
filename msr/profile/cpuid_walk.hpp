// Asks a CPU for everything that it answers to CPUID. Freestanding.
#pragma once

#include <cstdint>

#include <cpuid.h>

#include "msr/profile/cpuid.hpp"

namespace msr::profile {

/// CPUID of the CPU that executes this.
[[nodiscard]] inline cpuid_answer native_cpuid(std::uint32_t leaf, std::uint32_t subleaf) {
    cpuid_answer answer;
    __cpuid_count(leaf, subleaf, answer.eax, answer.ebx, answer.ecx, answer.edx);
    return answer;
}

inline constexpr std::uint32_t hypervisor_present = 1U << 31;  // CPUID.1:ECX

namespace detail {

enum class ends : std::uint8_t {
    at_zero,         // after the first sub-leaf whose field is 0
    at_count,        // the field of sub-leaf 0 is the last sub-leaf's number
    listed,          // bit n of sub-leaf 0's field: sub-leaf n is there
    extended_state,  // leaf 0DH: bits of XCR0 in sub-leaf 0 and of IA32_XSS in sub-leaf 1
};

/// How a leaf says which sub-leaves it has.
struct subleaf_rule {
    std::uint32_t leaf = 0;
    ends how = ends::at_zero;
    std::uint32_t cpuid_answer::* reg = nullptr;
    std::uint32_t mask = ~0U;
    std::uint32_t at_least = 0;  // these sub-leaves are there in any case
};

// Intel SDM volume 2A, CPUID; AMD APM volume 3, appendix E. Leaves that are not here have no sub-leaves.
inline constexpr subleaf_rule subleaf_rules[] = {
    {0x4, ends::at_zero, &cpuid_answer::eax, 0x1F},           // caches: type
    {0x7, ends::at_count, &cpuid_answer::eax},                // structured features
    {0xB, ends::at_zero, &cpuid_answer::ecx, 0xFF00},         // topology: level type
    {0xD, ends::extended_state, &cpuid_answer::eax},          // XSAVE
    {0xF, ends::listed, &cpuid_answer::edx},                  // resource monitoring
    {0x10, ends::listed, &cpuid_answer::ebx},                 // resource allocation
    {0x12, ends::at_zero, &cpuid_answer::eax, 0xF, 2},        // SGX: type of an EPC section
    {0x14, ends::at_count, &cpuid_answer::eax},               // processor trace
    {0x17, ends::at_count, &cpuid_answer::eax},               // SoC vendor
    {0x18, ends::at_count, &cpuid_answer::eax},               // address translation
    {0x1B, ends::at_zero, &cpuid_answer::eax, 0xFFF},         // PCONFIG: type
    {0x1D, ends::at_count, &cpuid_answer::eax},               // AMX tiles
    {0x1E, ends::at_count, &cpuid_answer::eax},               // AMX multiplier
    {0x1F, ends::at_zero, &cpuid_answer::ecx, 0xFF00},        // topology, second form
    {0x20, ends::at_count, &cpuid_answer::eax},               // HRESET
    {0x23, ends::listed, &cpuid_answer::eax},                 // performance monitoring
    {0x24, ends::at_count, &cpuid_answer::eax},               // AVX10
    {0x27, ends::listed, &cpuid_answer::edx},                 // asymmetric resource monitoring
    {0x28, ends::listed, &cpuid_answer::ebx},                 // asymmetric resource allocation
    {0x29, ends::at_count, &cpuid_answer::eax},               // APX
    {0x8000001D, ends::at_zero, &cpuid_answer::eax, 0x1F},    // AMD caches: type
    {0x80000020, ends::listed, &cpuid_answer::ebx},           // AMD resource allocation
    {0x80000026, ends::at_zero, &cpuid_answer::ecx, 0xFF00},  // AMD topology: level type
};

// More than any CPU has: a guard against a hypervisor's nonsense.
inline constexpr std::uint32_t most_subleaves = 64;
inline constexpr std::uint32_t most_leaves = 0x100;

template <class Execute, class Visit>
class cpuid_walk {
  public:
    constexpr cpuid_walk(Execute& execute, Visit& visit) : execute_{execute}, visit_{visit} {}

    /// The leaves from `base` to the last that its EAX names. False if the CPU has no such range: it answers for
    /// one outside of all ranges as for another leaf, and that EAX does not lie in this range.
    constexpr bool range(std::uint32_t base) {
        const auto first = execute_(base, 0);
        if (first.eax < base || first.eax - base >= most_leaves) return false;
        for (auto leaf = base; leaf <= first.eax; ++leaf) {
            subleaves(leaf);
        }
        return true;
    }

  private:
    constexpr cpuid_answer add(std::uint32_t leaf, std::uint32_t subleaf) {
        const cpuid_answer answer = execute_(leaf, subleaf);
        visit_(cpuid_leaf{leaf, subleaf, answer});
        return answer;
    }

    constexpr void listed(std::uint32_t leaf, std::uint32_t first, std::uint64_t bits) {
        for (auto subleaf = first; subleaf < most_subleaves; ++subleaf) {
            if ((bits >> subleaf & 1) != 0) add(leaf, subleaf);
        }
    }

    constexpr void extended_state(std::uint32_t leaf, const cpuid_answer& user) {
        const auto supervisor = add(leaf, 1);
        const auto low = user.eax | supervisor.ecx;
        const std::uint64_t high = user.edx | supervisor.edx;
        listed(leaf, 2, high << 32 | low);
    }

    constexpr void subleaves(std::uint32_t leaf) {
        const auto answer = add(leaf, 0);
        for (const auto& rule : subleaf_rules) {
            if (rule.leaf == leaf) apply(rule, answer);
        }
    }

    constexpr void apply(const subleaf_rule& rule, const cpuid_answer& first) {
        auto field = first.*rule.reg & rule.mask;
        switch (rule.how) {
            case ends::at_zero:
                for (std::uint32_t next = 1; next < most_subleaves && (next <= rule.at_least || field != 0); ++next) {
                    field = add(rule.leaf, next).*rule.reg & rule.mask;
                }
                return;
            case ends::at_count:
                for (std::uint32_t next = 1; next <= field && next < most_subleaves; ++next) {
                    add(rule.leaf, next);
                }
                return;
            case ends::listed: listed(rule.leaf, 1, field); return;
            case ends::extended_state: extended_state(rule.leaf, first); return;
        }
    }

    Execute& execute_;
    Visit& visit_;
};

}  // namespace detail

/// Visits every leaf that exists, with its sub-leaves, as a cpuid_leaf: basic, hypervisor (every base from 40000000H
/// on, 100H apart), extended and Centaur. `execute(leaf, subleaf)` is CPUID.
template <class Execute, class Visit>
constexpr void walk_cpuid(Execute&& execute, Visit&& visit) {
    detail::cpuid_walk walk{execute, visit};
    walk.range(0);
    if ((execute(1, 0).ecx & hypervisor_present) != 0) {
        auto base = first_hypervisor_base;
        for (std::uint32_t number = 0; number < most_hypervisor_bases && walk.range(base); ++number) {
            base += hypervisor_stride;
        }
    }
    walk.range(0x80000000);
    walk.range(0xC0000000);
}

/// Whether a leaf answers by ECX.
[[nodiscard]] constexpr bool has_subleaves(std::uint32_t leaf) {
    for (const auto& rule : detail::subleaf_rules) {
        if (rule.leaf == leaf) return true;
    }
    return false;
}

}  // namespace msr::profile
