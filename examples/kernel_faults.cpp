// Ring 0, in any kernel: what its #GP handler does so that a refused RDMSR or WRMSR is a value instead of a crash.
// Compiled freestanding.

#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_mcg_cap.hpp"

/// What the CPU pushes for #GP, above what the entry saves: SDM volume 3, 6.14.2.
struct interrupted_program {
    std::uint64_t registers[9];
    std::uint64_t error_code;
    std::uint64_t instruction_pointer;
    std::uint64_t code_segment;
    std::uint64_t flags;
    std::uint64_t stack_pointer;
    std::uint64_t stack_segment;
};

/// The kernel's own end for faults that are nobody's.
extern "C" [[noreturn]] void kernel_panic(const interrupted_program& at);

/// One call: if the instruction left an entry in the table, IRETQ continues where the access reports its refusal. All
/// registers, EDX:EAX among them, are as they were before the instruction.
extern "C" void general_protection(interrupted_program& interrupted) {
    if (msr::recover(interrupted.instruction_pointer)) return;
    kernel_panic(interrupted);
}

// The gate of vector 13 leads here. Whoever is interrupted keeps all registers that a call may change; the call finds
// the stack aligned.
asm(R"(
    .text
    .globl general_protection_entry
general_protection_entry:
    push %rax
    push %rcx
    push %rdx
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    mov %rsp, %rdi
    cld
    sub $8, %rsp
    call general_protection
    add $8, %rsp
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rdx
    pop %rcx
    pop %rax
    add $8, %rsp
    iretq
)");

/// With the handler in place, absence needs no CPUID: how many machine-check banks there are, none if the CPU has no
/// such register.
extern "C" unsigned machine_check_banks() {
    const auto banks = msr::read<msr::ia32_mcg_cap>(msr::native_bus{});
    return banks ? static_cast<unsigned>(banks->count()) : 0;
}
