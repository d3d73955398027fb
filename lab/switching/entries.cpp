#include "lab/switching/entries.hpp"

#include "lab/image/exceptions.hpp"
#include "lab/ring0/descriptors.hpp"
#include "lab/switching/memory_map.hpp"
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_lstar.hpp"

extern "C" {
void timer_entry();
void spurious_entry();
void call_entry();
extern const char numbered_call_entries[msr::switching::call_entries][msr::switching::size_of_entry];
constinit msr::switching::kernel_function* kernel_work = nullptr;
}

namespace msr::switching {
namespace {

using namespace ring0;

alignas(16) std::byte kernel_stack[0x4000];
lab::gate task_gates[lab::vectors];

// What call_entry pushes as segments. Never called: its code is the two symbols.
[[gnu::used]] void name_segments() {
    asm volatile(
        ".globl user_code_segment, user_stack_segment\n\t.set user_code_segment, %c0\n\t"
        ".set user_stack_segment, %c1" ::"i"(selector::user_code | selector::of_ring_3),
        "i"(selector::user_data | selector::of_ring_3));
}

// Where entries.S finds the kernel's stack, and leaves the number of the entry.
constexpr std::size_t stack_variable = 0, entry_variable = 2;

}  // namespace

void enter_kernel_by(kernel_function* work) {
    kernel_work = work;
    (void)write(native_bus{}, ia32_lstar{address_of(::call_entry)});
    const auto stack = address_of(kernel_stack) + sizeof kernel_stack;
    percpu() = {.mark = percpu_mark};
    percpu().variables[stack_variable] = stack;
    set_ring_0_stack(stack);
    lab::fill_table(task_gates, double_fault_stack);
    lab::load_table(task_gates);
}

void enter_kernel_by(kernel_function* work, std::uint8_t timer_vector, std::uint8_t spurious_vector) {
    enter_kernel_by(work);
    task_gates[timer_vector] = lab::gate_to(address_of(timer_entry));
    task_gates[spurious_vector] = lab::gate_to(address_of(spurious_entry));
}

task_frame in_ring_3(std::uint64_t program, std::uint64_t argument, std::uint64_t stack_top) {
    return {.rdi = argument,
            .instruction_pointer = program,
            .code_segment = selector::user_code | selector::of_ring_3,
            .flags = rflags::always_one,
            .stack_pointer = stack_top - 8,  // as a call leaves it
            .stack_segment = selector::user_data | selector::of_ring_3};
}

std::uint64_t call_entry(unsigned number) {
    return address_of(numbered_call_entries[number]);
}

std::uint64_t last_call_entry() {
    return call_entry(static_cast<unsigned>(percpu().variables[entry_variable]));
}

}  // namespace msr::switching
