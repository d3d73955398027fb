// What a program in ring 0 has to do with besides MSRs: control registers, flags, bits of the page tables, addresses.
#pragma once

#include <cstdint>

namespace msr::ring0 {

/// SDM volume 1, 3.4.3.
namespace rflags {
inline constexpr std::uint64_t always_one = 1U << 1;
inline constexpr std::uint64_t direction = 1U << 10;
inline constexpr std::uint64_t interrupts = 1U << 9;
inline constexpr std::uint64_t trap = 1U << 8;
inline constexpr std::uint64_t alignment_check = 1U << 18;
}  // namespace rflags

/// SDM volume 3, table 10-1.
inline constexpr std::uint64_t dr7_at_reset = 0x400;

/// DR7 with the first breakpoint on reads and writes of two bytes at DR0 (SDM volume 3, 18.2.4).
inline constexpr std::uint64_t dr7_watches_word = dr7_at_reset | 1U << 0 | 3U << 16 | 1U << 18;

/// Bits of an entry of the page tables (SDM volume 3, 4.5).
namespace page_entry {
inline constexpr std::uint64_t present = 1U << 0;
inline constexpr std::uint64_t writable = 1U << 1;
inline constexpr std::uint64_t user = 1U << 2;
inline constexpr std::uint64_t large = 1U << 7;
}  // namespace page_entry

/// Of an object or a function: the pages map each address to itself, so it is the physical one too.
template <class Pointed>
std::uint64_t address_of(Pointed* to) {
    return reinterpret_cast<std::uint64_t>(to);
}

inline std::uint64_t read_cr0() {
    std::uint64_t value = 0;
    asm volatile("mov %%cr0, %0" : "=r"(value)::"memory");
    return value;
}
inline std::uint64_t read_cr2() {
    std::uint64_t value = 0;
    asm volatile("mov %%cr2, %0" : "=r"(value)::"memory");
    return value;
}
inline std::uint64_t read_cr3() {
    std::uint64_t value = 0;
    asm volatile("mov %%cr3, %0" : "=r"(value)::"memory");
    return value;
}
inline std::uint64_t read_cr4() {
    std::uint64_t value = 0;
    asm volatile("mov %%cr4, %0" : "=r"(value)::"memory");
    return value;
}
inline void write_dr0(std::uint64_t value) {
    asm volatile("mov %0, %%dr0" ::"r"(value) : "memory");
}
inline void write_cr0(std::uint64_t value) {
    asm volatile("mov %0, %%cr0" ::"r"(value) : "memory");
}
inline void write_cr3(std::uint64_t value) {
    asm volatile("mov %0, %%cr3" ::"r"(value) : "memory");
}
inline void write_cr4(std::uint64_t value) {
    asm volatile("mov %0, %%cr4" ::"r"(value) : "memory");
}

}  // namespace msr::ring0
