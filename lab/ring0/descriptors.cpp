#include "lab/ring0/descriptors.hpp"

#include <cstddef>

namespace msr::ring0 {
namespace {

/// The task state segment in 64-bit mode.
struct task_state {
    std::uint32_t reserved_0;
    std::uint64_t ring_stacks[3];
    std::uint64_t reserved_1;
    std::uint64_t interrupt_stacks[7];
    std::uint64_t reserved_2;
    std::uint16_t reserved_3;
    std::uint16_t io_map;
} __attribute__((packed));

constexpr std::uint64_t code_64 = 0x00AF'9B00'0000'FFFF;
constexpr std::uint64_t data = 0x00CF'9300'0000'FFFF;
constexpr std::uint64_t ring_3 = 0x0000'6000'0000'0000;
constexpr std::uint64_t available_task = 0x0000'8900'0000'0000;
constexpr std::uint64_t present_bit = 0x0000'8000'0000'0000;
constexpr std::uint64_t cpu_number_segment = 0x0000'F500'0000'0001;  // as Linux has it: its limit is the number

constexpr std::size_t stack_size = 0x2000;
alignas(16) std::byte stack_of_ring_3[stack_size];
alignas(16) std::byte stack_of_double_fault[stack_size];
task_state task;
std::uint64_t descriptors[selector::cpu_number / 8 + 1]{0, code_64, data};

std::uint64_t top(const std::byte (&stack)[stack_size]) {
    return reinterpret_cast<std::uint64_t>(stack + stack_size);
}

std::uint64_t base_in_descriptor(std::uint64_t base) {
    return (base & 0xFF'FFFF) << 16 | (base >> 24 & 0xFF) << 56;
}

}  // namespace

void place_data_segment(std::uint16_t place, std::uint32_t base, bool present) {
    const auto whole = data | ring_3 | base_in_descriptor(base);
    descriptors[place / 8] = present ? whole : whole & ~present_bit;
}

void set_ring_0_stack(std::uint64_t top) {
    task.ring_stacks[0] = top;
}

void set_interrupt_stack(std::uint8_t number, std::uint64_t top) {
    task.interrupt_stacks[number - 1] = top;
}

std::uint64_t task_segment_base() {
    return reinterpret_cast<std::uint64_t>(&task);
}

std::uint32_t task_segment_limit() {
    return sizeof task - 1;
}

void load_descriptors() {
    task.ring_stacks[0] = top(stack_of_ring_3);
    task.interrupt_stacks[double_fault_stack - 1] = top(stack_of_double_fault);
    task.io_map = sizeof task;  // none
    descriptors[selector::user_data / 8] = data | ring_3;
    descriptors[selector::user_code / 8] = code_64 | ring_3;
    descriptors[selector::cpu_number / 8] = cpu_number_segment;
    const auto base = task_segment_base();
    descriptors[selector::task / 8] = available_task | task_segment_limit() | base_in_descriptor(base);
    descriptors[selector::task / 8 + 1] = base >> 32;
    const table_register pointer{sizeof descriptors - 1, reinterpret_cast<std::uint64_t>(descriptors)};
    asm volatile("lgdt %0; ltr %1" ::"m"(pointer), "r"(selector::task) : "memory");
}

table_register descriptor_table() {
    table_register found;
    asm volatile("sgdt %0" : "=m"(found));
    return found;
}

table_register interrupt_table() {
    table_register found;
    asm volatile("sidt %0" : "=m"(found));
    return found;
}

}  // namespace msr::ring0
