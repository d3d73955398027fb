// What SVM on a CPU can do (APM 3 E.4.9, CPUID 8000_000AH). Freestanding.
#pragma once

#include <cstdint>

#include "msr/registers/cpuid.hpp"
#include "msr/virt/cpuid_source.hpp"

namespace msr::virt::svm {

struct capabilities {
    static constexpr std::uint32_t feature_leaf = cpuid::nested_paging.leaf;

    std::uint32_t revision = 0;
    std::uint32_t address_space_identifiers = 0;  // a guest's is below it, and not 0
    std::uint32_t features = 0;                   // EDX of the leaf, for `has`

    /// All is 0 where the CPU has no SVM.
    template <cpuid_source Cpuid>
    [[nodiscard]] static constexpr capabilities read(Cpuid&& cpuid) {
        if (asked(cpuid, cpuid::svm) == 0) return {};
        return {.revision = asked(cpuid, cpuid::svm_revision),
                .address_space_identifiers = asked(cpuid, cpuid::svm_asids),
                .features = cpuid(feature_leaf, 0).edx};
    }

    /// A feature of the leaf: `has<cpuid::nested_paging>()`. Others do not compile.
    template <const catalogue::cpuid_bits& Feature>
    [[nodiscard]] constexpr bool has() const {
        static_assert(Feature.leaf == feature_leaf && Feature.reg == catalogue::cpuid_register::edx);
        return catalogue::value_in({.edx = features}, Feature) != 0;
    }

    friend constexpr bool operator==(const capabilities&, const capabilities&) = default;
};

}  // namespace msr::virt::svm
