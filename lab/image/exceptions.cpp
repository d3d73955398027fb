#include "lab/image/exceptions.hpp"

#include <cstddef>

#include "msr/registers/ia32_efer.hpp"

namespace msr::lab {
namespace {

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

gate gate_to(std::uint64_t address, std::uint8_t stack) {
    constexpr std::uint8_t present_interrupt_gate = 0x8E;
    return {.offset_low = static_cast<std::uint16_t>(address),
            .selector = 8,
            .stack = stack,
            .type = present_interrupt_gate,
            .offset_middle = static_cast<std::uint16_t>(address >> 16),
            .offset_high = static_cast<std::uint32_t>(address >> 32)};
}

void load_table(const gate (&table)[vectors]) {
    struct [[gnu::packed]] {
        std::uint16_t limit = sizeof table - 1;
        const gate* base;
    } const pointer{.base = table};
    asm volatile("lidt %0" ::"m"(pointer) : "memory");
}

void fill_table(gate (&table)[vectors], std::uint8_t double_fault_stack) {
    for (std::size_t number = 0; number < vectors; ++number) {
        const auto stub = reinterpret_cast<std::uint64_t>(exception_stubs + number * stub_size);
        table[number] = gate_to(stub, number == vector::double_fault ? double_fault_stack : std::uint8_t{0});
    }
}

void load_gates(std::uint8_t double_fault_stack) {
    fill_table(gates, double_fault_stack);
    load_table(gates);
}

}  // namespace msr::lab
