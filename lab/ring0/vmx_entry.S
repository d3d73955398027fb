// One entry of a guest: bool vmx_enter(general_registers*, bool again, host RSP's field, host RIP's field); false if
// the guest was not entered.
#include "lab/image/saved_registers.inc"
    .text
    .globl vmx_enter
vmx_enter:
    push_callee_saved
    push %rdi
    vmwrite %rsp, %rdx
    lea vmx_exit(%rip), %rax
    vmwrite %rax, %rcx
    test %esi, %esi                 // MOV leaves the flags alone
    mov (%rdi), %rax
    mov 8(%rdi), %rcx
    mov 16(%rdi), %rdx
    mov 24(%rdi), %rbx
    mov 32(%rdi), %rbp
    mov 40(%rdi), %rsi
    mov 56(%rdi), %r8
    mov 64(%rdi), %r9
    mov 72(%rdi), %r10
    mov 80(%rdi), %r11
    mov 88(%rdi), %r12
    mov 96(%rdi), %r13
    mov 104(%rdi), %r14
    mov 112(%rdi), %r15
    mov 48(%rdi), %rdi
    jnz 1f
    vmlaunch
    jmp 2f
1:  vmresume
2:  pop %rdi                        // still here: nothing was loaded
    xor %eax, %eax
    jmp 3f

vmx_exit:
    xchg %rdi, (%rsp)               // the guest's for the pointer
    mov %rax, (%rdi)
    mov %rcx, 8(%rdi)
    mov %rdx, 16(%rdi)
    mov %rbx, 24(%rdi)
    mov %rbp, 32(%rdi)
    mov %rsi, 40(%rdi)
    mov %r8, 56(%rdi)
    mov %r9, 64(%rdi)
    mov %r10, 72(%rdi)
    mov %r11, 80(%rdi)
    mov %r12, 88(%rdi)
    mov %r13, 96(%rdi)
    mov %r14, 104(%rdi)
    mov %r15, 112(%rdi)
    pop %rax
    mov %rax, 48(%rdi)
    mov $1, %eax
3:  pop_callee_saved
    ret

    .section .note.GNU-stack, "", @progbits
