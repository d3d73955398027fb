// Where a stepped guest's state is: fields of the VMCS, by segment, and its memory. Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lab/ring0/vmcs.hpp"

extern "C" {
// Of guest_memory.S.
extern std::byte guest_memory[];
extern std::byte guest_memory_end[];
extern std::uint64_t guest_variables[];
}

namespace msr::switching::guest_state {

using ring0::of_segment;
using ring0::vmcs;

inline constexpr unsigned cs = 1, ss = 2, fs = 4, gs = 5;  // numbers of segments in the VMCS

constexpr vmcs selector_of(unsigned segment) {
    return of_segment(vmcs::guest_es_selector, segment);
}
constexpr vmcs rights_of(unsigned segment) {
    return of_segment(vmcs::guest_es_rights, segment);
}
constexpr vmcs base_of(unsigned segment) {
    return of_segment(vmcs::guest_es_base, segment);
}
constexpr vmcs limit_of(unsigned segment) {
    return of_segment(vmcs::guest_es_limit, segment);
}

inline std::size_t memory_size() {
    return static_cast<std::size_t>(guest_memory_end - guest_memory);
}

// By IRET, as an NMI's handler does it: an entry of Bochs 2.7 that clears the VMCS's bit leaves them blocked.
inline void unblock_nmi() {
    asm volatile(
        "mov %%rsp, %%rcx\n\t"
        "mov %%ss, %%eax\n\t"
        "push %%rax\n\t"
        "push %%rcx\n\t"
        "pushfq\n\t"
        "mov %%cs, %%eax\n\t"
        "push %%rax\n\t"
        "push $1f\n\t"
        "iretq\n"
        "1:" ::
            : "rax", "rcx", "memory");
}

}  // namespace msr::switching::guest_state
