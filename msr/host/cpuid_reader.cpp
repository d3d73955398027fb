#include "msr/host/cpuid_reader.hpp"

#include <algorithm>
#include <array>

#include <cpuid.h>

namespace msr::host {
namespace {

using profile::cpuid_answer;
using profile::cpuid_leaf;

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
constexpr std::array subleaf_rules{
    subleaf_rule{0x4, ends::at_zero, &cpuid_answer::eax, 0x1F},           // caches: type
    subleaf_rule{0x7, ends::at_count, &cpuid_answer::eax},                // structured features
    subleaf_rule{0xB, ends::at_zero, &cpuid_answer::ecx, 0xFF00},         // topology: level type
    subleaf_rule{0xD, ends::extended_state, &cpuid_answer::eax},          // XSAVE
    subleaf_rule{0xF, ends::listed, &cpuid_answer::edx},                  // resource monitoring
    subleaf_rule{0x10, ends::listed, &cpuid_answer::ebx},                 // resource allocation
    subleaf_rule{0x12, ends::at_zero, &cpuid_answer::eax, 0xF, 2},        // SGX: type of an EPC section
    subleaf_rule{0x14, ends::at_count, &cpuid_answer::eax},               // processor trace
    subleaf_rule{0x17, ends::at_count, &cpuid_answer::eax},               // SoC vendor
    subleaf_rule{0x18, ends::at_count, &cpuid_answer::eax},               // address translation
    subleaf_rule{0x1B, ends::at_zero, &cpuid_answer::eax, 0xFFF},         // PCONFIG: type
    subleaf_rule{0x1D, ends::at_count, &cpuid_answer::eax},               // AMX tiles
    subleaf_rule{0x1E, ends::at_count, &cpuid_answer::eax},               // AMX multiplier
    subleaf_rule{0x1F, ends::at_zero, &cpuid_answer::ecx, 0xFF00},        // topology, second form
    subleaf_rule{0x20, ends::at_count, &cpuid_answer::eax},               // HRESET
    subleaf_rule{0x23, ends::listed, &cpuid_answer::eax},                 // performance monitoring
    subleaf_rule{0x24, ends::at_count, &cpuid_answer::eax},               // AVX10
    subleaf_rule{0x27, ends::listed, &cpuid_answer::edx},                 // asymmetric resource monitoring
    subleaf_rule{0x28, ends::listed, &cpuid_answer::ebx},                 // asymmetric resource allocation
    subleaf_rule{0x29, ends::at_count, &cpuid_answer::eax},               // APX
    subleaf_rule{0x8000001D, ends::at_zero, &cpuid_answer::eax, 0x1F},    // AMD caches: type
    subleaf_rule{0x80000020, ends::listed, &cpuid_answer::ebx},           // AMD resource allocation
    subleaf_rule{0x80000026, ends::at_zero, &cpuid_answer::ecx, 0xFF00},  // AMD topology: level type
};

// More than any CPU has: a guard against a hypervisor's nonsense.
constexpr std::uint32_t most_subleaves = 64;
constexpr std::uint32_t most_leaves = 0x100;

class collector {
  public:
    explicit collector(const cpuid_function& execute) : execute_{execute} {}

    /// The leaves from `base` to the last that its EAX names. False if the CPU has no such range: it answers for
    /// one outside of all ranges as for another leaf, and that EAX does not lie in this range.
    bool range(std::uint32_t base) {
        const auto first = execute_(base, 0);
        if (first.eax < base || first.eax - base >= most_leaves) return false;
        for (auto leaf = base; leaf <= first.eax; ++leaf) {
            subleaves(leaf);
        }
        return true;
    }

    std::vector<cpuid_leaf> sorted() {
        std::ranges::sort(leaves_, {}, [](const cpuid_leaf& one) { return std::pair{one.leaf, one.subleaf}; });
        return std::move(leaves_);
    }

  private:
    cpuid_answer add(std::uint32_t leaf, std::uint32_t subleaf) {
        const auto answer = execute_(leaf, subleaf);
        leaves_.push_back({leaf, subleaf, answer});
        return answer;
    }

    void listed(std::uint32_t leaf, std::uint32_t first, std::uint64_t bits) {
        for (auto subleaf = first; subleaf < most_subleaves; ++subleaf) {
            if ((bits >> subleaf & 1) != 0) add(leaf, subleaf);
        }
    }

    void extended_state(std::uint32_t leaf, const cpuid_answer& user) {
        const auto supervisor = add(leaf, 1);
        const auto low = user.eax | supervisor.ecx;
        const std::uint64_t high = user.edx | supervisor.edx;
        listed(leaf, 2, high << 32 | low);
    }

    void subleaves(std::uint32_t leaf) {
        auto answer = add(leaf, 0);
        const auto* const rule = std::ranges::find(subleaf_rules, leaf, &subleaf_rule::leaf);
        if (rule == subleaf_rules.end()) return;
        const auto field = [&] { return answer.*rule->reg & rule->mask; };
        switch (rule->how) {
            case ends::at_zero:
                for (std::uint32_t next = 1; next < most_subleaves && (next <= rule->at_least || field() != 0);
                     ++next) {
                    answer = add(leaf, next);
                }
                return;
            case ends::at_count: {
                const auto last = std::min(field(), most_subleaves - 1);
                for (std::uint32_t next = 1; next <= last; ++next) {
                    add(leaf, next);
                }
                return;
            }
            case ends::listed: listed(leaf, 1, field()); return;
            case ends::extended_state: extended_state(leaf, answer); return;
        }
    }

    const cpuid_function& execute_;
    std::vector<cpuid_leaf> leaves_;
};

}  // namespace

profile::cpuid_answer native_cpuid(std::uint32_t leaf, std::uint32_t subleaf) {
    cpuid_answer answer;
    __cpuid_count(leaf, subleaf, answer.eax, answer.ebx, answer.ecx, answer.edx);
    return answer;
}

std::vector<cpuid_leaf> collect_cpuid(const cpuid_function& execute) {
    constexpr std::uint32_t hypervisor_present = 1U << 31;  // CPUID.1:ECX
    collector all{execute};
    all.range(0);
    if ((execute(1, 0).ecx & hypervisor_present) != 0) {
        auto base = profile::first_hypervisor_base;
        for (std::uint32_t number = 0; number < profile::most_hypervisor_bases && all.range(base); ++number) {
            base += profile::hypervisor_stride;
        }
    }
    all.range(0x80000000);
    all.range(0xC0000000);
    return all.sorted();
}

}  // namespace msr::host
