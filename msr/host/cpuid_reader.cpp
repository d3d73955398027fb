#include "msr/host/cpuid_reader.hpp"

#include <algorithm>
#include <utility>

#include "msr/profile/cpuid_walk.hpp"

namespace msr::host {

profile::cpuid_answer native_cpuid(std::uint32_t leaf, std::uint32_t subleaf) {
    return profile::native_cpuid(leaf, subleaf);
}

std::vector<profile::cpuid_leaf> collect_cpuid(const cpuid_function& execute) {
    std::vector<profile::cpuid_leaf> leaves;
    profile::walk_cpuid(execute, [&](const profile::cpuid_leaf& leaf) { leaves.push_back(leaf); });
    std::ranges::sort(leaves, {}, [](const profile::cpuid_leaf& one) { return std::pair{one.leaf, one.subleaf}; });
    return leaves;
}

}  // namespace msr::host
