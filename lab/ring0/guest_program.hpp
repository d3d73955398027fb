// The guest that both hypervisors run, and the policy that they run it under. It lives in the image, in the same pages
// and with the same exceptions as the hypervisor: its #GP ends in the same table of recovery. Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lab/oracle/table.hpp"
#include "lab/ring0/measure.hpp"
#include "msr/core/view.hpp"
#include "msr/virt/intercept_map.hpp"

namespace msr::ring0 {

/// What the guest reaches itself. All else exits: the maps are closed where nobody opens them.
[[nodiscard]] view<virt::passed_register> policy();

/// One thing that the guest tries: RDMSR, WRMSR, RDMSR, WRMSR of what was read first.
struct guest_case {
    text register_name;
    text what;
    oracle::exchange access;
    std::uint32_t exits = 0;  // counted by the hypervisor
};

/// What the guest found out besides.
struct guest_report {
    std::uint64_t pat_seen;                // IA32_PAT as it is in the CPU while the guest runs
    std::uint64_t kernel_gs_after_exit;    // IA32_KERNEL_GS_BASE, written before an exit
    std::uint64_t gs_after_swap_and_exit;  // IA32_GS_BASE, after SWAPGS and an exit
    std::uint64_t system_calls;            // that arrived at the guest's own LSTAR
    cycles passed_read;                    // in the guest: RDMSR that does not exit
    cycles exiting_read;                   // RDMSR that exits
    cycles exiting_write;                  // WRMSR that exits
    cycles cpuid;                          // CPUID, which exits
    std::uint32_t current;                 // the case being tried
    bool trying;                           // whether one is
};

inline constexpr std::size_t guest_cases = 28;

/// Values that only the guest has.
inline constexpr std::uint64_t guest_kernel_gs = 0xFFFF'8000'0000'6000;
inline constexpr std::uint64_t guest_gs = 0xFFFF'8000'0000'7000;

struct guest_memory {
    guest_case cases[guest_cases];
    std::size_t count;
    guest_report report;
};
extern guest_memory guest_shared;

/// Fills in what the guest will try.
void prepare_guest();

}  // namespace msr::ring0

extern "C" {
/// The guest's program; ends in HLT.
void guest_main();
/// Its stack's top.
extern char guest_stack_top[];
}
