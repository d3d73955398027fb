// Recovery from #GP: the processor's refusal of an access becomes a value instead of a crash. Freestanding.
//
// Each instruction that may be refused leaves an entry in the section __msr_recovery: where it stands, and where to go
// on if it faults. The kernel's #GP handler asks for the entry in one call:
//
//     void general_protection(frame& interrupted) {
//         if (msr::recover(interrupted.rip)) return;  // an access of ours was refused: IRET to where it says so
//         panic(interrupted);
//     }
//
// RDMSR, WRMSR and their kin are refused with #GP only. LKGS loads a descriptor, which can end in #NP and #PF too (SDM
// volume 2, LKGS): who executes it asks in those two handlers as well.
//
// A refused RDMSR leaves EDX:EAX as they were, a refused WRMSR the register (SDM volume 2, RDMSR and WRMSR). The linker
// collects the section by itself and gives it its bounds; a linker script must keep it: KEEP(*(__msr_recovery)).
#pragma once

#include <cstdint>

// The entry of the instruction at label 1, in an asm statement. Offsets are relative to themselves, so that nothing is
// relocated when the image is loaded; "?" puts the entry into the function's section group, to be dropped with it.
#define MSRKIT_RECOVER_AT(target)                        \
    "\n\t.pushsection __msr_recovery, \"a?\", @progbits" \
    "\n\t.balign 4"                                      \
    "\n\t.long 1b - ., " target                          \
    " - ."                                               \
    "\n\t.popsection"

namespace msr {

namespace detail {

struct recovery_entry {
    std::int32_t access;  // both relative to their own addresses
    std::int32_t target;

    [[nodiscard]] static std::uint64_t resolve(const std::int32_t& offset) {
        // A pointer's value is its address here; the sum wraps as an address does.
        const auto from = reinterpret_cast<std::uint64_t>(&offset);  // NOLINT(*-reinterpret-cast)
        return from + static_cast<std::uint64_t>(std::int64_t{offset});
    }
};

// Named by the linker after the section; weak, for programs without any access.
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
extern "C" {
[[gnu::weak, gnu::visibility("hidden")]] extern const recovery_entry __start___msr_recovery[];
[[gnu::weak, gnu::visibility("hidden")]] extern const recovery_entry __stop___msr_recovery[];
}
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

}  // namespace detail

/// For the handler of #GP, and with LKGS of #NP and #PF: if the instruction at `instruction_pointer` is one of ours,
/// points it to where the access reports its refusal, and returns true; otherwise leaves it alone: the fault is
/// somebody else's.
[[nodiscard]] inline bool recover(std::uint64_t& instruction_pointer) {
    using detail::recovery_entry;
    for (const auto* entry = detail::__start___msr_recovery; entry != detail::__stop___msr_recovery; ++entry) {
        if (recovery_entry::resolve(entry->access) != instruction_pointer) continue;
        instruction_pointer = recovery_entry::resolve(entry->target);
        return true;
    }
    return false;
}

}  // namespace msr
