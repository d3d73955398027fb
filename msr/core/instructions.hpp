// The instructions that reach MSRs and segment bases, one function each, for ring 0. Freestanding.
//
// Those that assemblers learnt late are given as bytes. An instruction that a CPU need not have is called with the
// proof that this one has it (enumerated.hpp): without it the processor would raise #UD. A #GP comes back as a value
// (recovery.hpp).
#pragma once

#include <cstdint>
#include <expected>

#include "msr/core/enumerated.hpp"
#include "msr/core/fault.hpp"
#include "msr/core/recovery.hpp"

namespace msr::instructions {

/// RDMSR.
[[nodiscard, gnu::always_inline]] inline result<std::uint64_t> rdmsr(std::uint32_t index) {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    asm volatile goto("1: rdmsr" MSRKIT_RECOVER_AT("%l[refused]")
                      : "=a"(low), "=d"(high)
                      : "c"(index)
                      : "memory"
                      : refused);
    asm("");  // without it g++ before 12.4 and 13.3 may take the outputs from other registers (GCC bug 113921)
    return std::uint64_t{high} << 32 | low;
refused:
    return std::unexpected{fault{.index = index}};
}

/// WRMSR. Serialising, but for the registers that the catalogue marks.
[[nodiscard, gnu::always_inline]] inline result<void> wrmsr(std::uint32_t index, std::uint64_t value) {
    asm volatile goto("1: wrmsr" MSRKIT_RECOVER_AT("%l[refused]")
                      :
                      : "c"(index), "a"(static_cast<std::uint32_t>(value)), "d"(static_cast<std::uint32_t>(value >> 32))
                      : "memory"
                      : refused);
    return {};
refused:
    return std::unexpected{fault{.index = index, .direction = direction::write}};
}

/// WRMSRNS, never serialising.
[[nodiscard, gnu::always_inline]] inline result<void> wrmsrns(enumerated<features::wrmsrns>, std::uint32_t index,
                                                              std::uint64_t value) {
    asm volatile goto("1: .byte 0x0f, 0x01, 0xc6" MSRKIT_RECOVER_AT("%l[refused]")
                      :
                      : "c"(index), "a"(static_cast<std::uint32_t>(value)), "d"(static_cast<std::uint32_t>(value >> 32))
                      : "memory"
                      : refused);
    return {};
refused:
    return std::unexpected{fault{.index = index, .direction = direction::write}};
}

/// RDMSR with the address in the instruction.
template <std::uint32_t Index>
[[nodiscard, gnu::always_inline]] inline result<std::uint64_t> rdmsr_immediate(enumerated<features::msr_imm>) {
    std::uint64_t value = 0;
    asm volatile goto("1: .byte 0xc4, 0xe7, 0x7b, 0xf6, 0xc0; .long %c[index]" MSRKIT_RECOVER_AT("%l[refused]")
                      : "=a"(value)
                      : [index] "i"(Index)
                      : "memory"
                      : refused);
    asm("");  // without it g++ before 12.4 and 13.3 may take the outputs from other registers (GCC bug 113921)
    return value;
refused:
    return std::unexpected{fault{.index = Index}};
}

/// WRMSRNS with the address in the instruction.
template <std::uint32_t Index>
[[nodiscard, gnu::always_inline]] inline result<void> wrmsrns_immediate(enumerated<features::msr_imm>,
                                                                        std::uint64_t value) {
    asm volatile goto("1: .byte 0xc4, 0xe7, 0x7a, 0xf6, 0xc0; .long %c[index]" MSRKIT_RECOVER_AT("%l[refused]")
                      :
                      : [index] "i"(Index), "a"(value)
                      : "memory"
                      : refused);
    return {};
refused:
    return std::unexpected{fault{.index = Index, .direction = direction::write}};
}

/// RDMSRLIST: reads registers `addresses[n]` into `values[n]`, for each bit n of `which` from 0 up; both tables have 64
/// entries and are aligned to 8 bytes. Returns the bits not done: 0, or from the refused one up.
[[nodiscard, gnu::always_inline]] inline std::uint64_t rdmsrlist(enumerated<features::msrlist>,
                                                                 const std::uint64_t* addresses, std::uint64_t* values,
                                                                 std::uint64_t which) {
    asm volatile("1: .byte 0xf2, 0x0f, 0x01, 0xc6\n2:" MSRKIT_RECOVER_AT("2b")
                 : "+c"(which)
                 : "S"(addresses), "D"(values)
                 : "memory");
    return which;
}

/// WRMSRLIST: as `rdmsrlist`, writing, and not serialising.
[[nodiscard, gnu::always_inline]] inline std::uint64_t wrmsrlist(enumerated<features::msrlist>,
                                                                 const std::uint64_t* addresses,
                                                                 const std::uint64_t* values, std::uint64_t which) {
    asm volatile("1: .byte 0xf3, 0x0f, 0x01, 0xc6\n2:" MSRKIT_RECOVER_AT("2b")
                 : "+c"(which)
                 : "S"(addresses), "D"(values)
                 : "memory");
    return which;
}

/// SWAPGS: exchanges the GS base with IA32_KERNEL_GS_BASE. Nothing reached through GS may be live across it.
[[gnu::always_inline]] inline void swapgs() {
    asm volatile("swapgs" ::: "memory");
}

/// LKGS: loads IA32_KERNEL_GS_BASE from a descriptor; false if refused. The refusal can be #GP, #NP, or #PF where the
/// descriptor's table is not mapped (SDM volume 2, LKGS): the handlers of all three have to call `recover`.
[[nodiscard, gnu::always_inline]] inline bool lkgs(enumerated<features::lkgs>, std::uint16_t selector) {
    asm volatile goto("1: .byte 0xf2, 0x0f, 0x00, 0xf7" MSRKIT_RECOVER_AT("%l[refused]")
                      :
                      : "D"(selector)
                      : "memory"
                      : refused);
    return true;
refused:
    return false;
}

// RDFSBASE and its kin, in any ring once CR4.FSGSBASE is set.

[[nodiscard, gnu::always_inline]] inline std::uint64_t rdfsbase(enumerated<features::fsgsbase>) {
    std::uint64_t base = 0;
    asm volatile("rdfsbase %0" : "=r"(base)::"memory");
    return base;
}

[[nodiscard, gnu::always_inline]] inline std::uint64_t rdgsbase(enumerated<features::fsgsbase>) {
    std::uint64_t base = 0;
    asm volatile("rdgsbase %0" : "=r"(base)::"memory");
    return base;
}

/// False for an address that is not canonical.
[[nodiscard, gnu::always_inline]] inline bool wrfsbase(enumerated<features::fsgsbase>, std::uint64_t base) {
    asm volatile goto("1: wrfsbase %0" MSRKIT_RECOVER_AT("%l[refused]") : : "r"(base) : "memory" : refused);
    return true;
refused:
    return false;
}

/// False for an address that is not canonical.
[[nodiscard, gnu::always_inline]] inline bool wrgsbase(enumerated<features::fsgsbase>, std::uint64_t base) {
    asm volatile goto("1: wrgsbase %0" MSRKIT_RECOVER_AT("%l[refused]") : : "r"(base) : "memory" : refused);
    return true;
refused:
    return false;
}

}  // namespace msr::instructions
