// The programs of ring 3, and the way there and back.
#include "lab/image/saved_registers.inc"
    .section .user, "awx", @progbits
    .balign 16
    .globl ring3_memory
ring3_memory:
    .fill 8, 8, 0
    .skip 512
ring3_stack:

// SYSCALL, and what is there when it has come back.
    .globl ring3_system_call, ring3_system_call_syscall, ring3_system_call_end
ring3_system_call:
    mov %fs:0, %rax
    mov %rax, ring3_memory + 24
    mov %gs:8, %rax
    mov %rax, ring3_memory + 32
ring3_system_call_syscall:
    syscall
    pushfq
    popq ring3_memory + 56
    mov %cs, %eax
    mov %rax, ring3_memory + 40
    mov %ss, %eax
    mov %rax, ring3_memory + 48
    mov %gs:8, %rax                 // ring 3's GS again
    mov %rax, ring3_memory + 32
ring3_system_call_end:
    ud2

    .globl ring3_rdmsr, ring3_wrmsr, ring3_swapgs
ring3_rdmsr:
    mov ring3_memory + 16, %ecx
    rdmsr
    ud2

ring3_wrmsr:
    mov ring3_memory + 16, %ecx
    xor %eax, %eax
    xor %edx, %edx
    wrmsr
    ud2

ring3_swapgs:
    swapgs
    ud2

    .text
// void ring3_enter(program, code selector, stack selector, flags): returns when leave_ring_3 is continued at.
    .globl ring3_enter, ring3_leave
ring3_enter:
    push_callee_saved
    mov %rsp, ring0_stack(%rip)
    push %rdx
    lea ring3_stack, %rax
    push %rax
    push %rcx
    push %rsi
    push %rdi
    iretq
ring3_leave:
    mov ring0_stack(%rip), %rsp
    pop_callee_saved
    ret

    .bss
    .balign 8
ring0_stack:
    .skip 8

    .section .note.GNU-stack, "", @progbits
