#include "lab/image/exceptions.hpp"

#include <cstddef>

#include "msr/registers/ia32_efer.hpp"

namespace msr::lab {
namespace {

/// A gate of the IDT in 64-bit mode (SDM volume 3, 6.14.1).
struct gate {
    std::uint16_t offset_low;
    std::uint16_t selector;
    std::uint8_t stack;
    std::uint8_t type;
    std::uint16_t offset_middle;
    std::uint32_t offset_high;
    std::uint32_t reserved;
};

constexpr std::size_t vectors = 256;
constexpr std::size_t stub_size = 16;

[[gnu::section(".data")]] gate gates[vectors];

// What entry.S needs of IA32_EFER. Never called: its code is the two symbols. The compiler writes 32 bits with a sign.
[[gnu::used]] void name_efer() {
    asm volatile(
        ".globl efer_index, efer_lme\n\t"
        ".set efer_index, %c0 & 0xffffffff\n\t"
        ".set efer_lme, %c1" ::"i"(ia32_efer::address),
        "i"(ia32_efer{}.lme(true).raw()));
}

}  // namespace
}  // namespace msr::lab

extern "C" const char exception_stubs[msr::lab::vectors * msr::lab::stub_size];

namespace msr::lab {

void load_gates(std::uint8_t double_fault_stack) {
    constexpr std::uint8_t present_interrupt_gate = 0x8E;
    for (std::size_t number = 0; number < vectors; ++number) {
        const auto stub = reinterpret_cast<std::uint64_t>(exception_stubs + number * stub_size);
        gates[number] = {.offset_low = static_cast<std::uint16_t>(stub),
                         .selector = 8,
                         .stack = number == vector::double_fault ? double_fault_stack : std::uint8_t{0},
                         .type = present_interrupt_gate,
                         .offset_middle = static_cast<std::uint16_t>(stub >> 16),
                         .offset_high = static_cast<std::uint32_t>(stub >> 32)};
    }
    struct [[gnu::packed]] {
        std::uint16_t limit = sizeof gates - 1;
        const gate* base = gates;
    } pointer;
    asm volatile("lidt %0" ::"m"(pointer) : "memory");
}

}  // namespace msr::lab
