// One entry of a guest: void svm_enter(vmcb* guest, general_registers*, vmcb* host). The guest's RAX is in its VMCB.
#include "lab/image/saved_registers.inc"
    .text
    .globl svm_enter
svm_enter:
    push_callee_saved
    push %rdx
    push %rdi
    push %rsi
    clgi                            // no interrupt may see half of each world
    mov %rdx, %rax
    vmsave                          // FS, GS, TR, LDTR, KERNEL_GS_BASE, STAR and its kin, SYSENTER's
    mov %rdi, %rax
    vmload
    mov 8(%rsi), %rcx
    mov 16(%rsi), %rdx
    mov 24(%rsi), %rbx
    mov 32(%rsi), %rbp
    mov 48(%rsi), %rdi
    mov 56(%rsi), %r8
    mov 64(%rsi), %r9
    mov 72(%rsi), %r10
    mov 80(%rsi), %r11
    mov 88(%rsi), %r12
    mov 96(%rsi), %r13
    mov 104(%rsi), %r14
    mov 112(%rsi), %r15
    mov 40(%rsi), %rsi
    vmrun
    xchg %rsi, (%rsp)               // the guest's for the pointer
    mov %rcx, 8(%rsi)
    mov %rdx, 16(%rsi)
    mov %rbx, 24(%rsi)
    mov %rbp, 32(%rsi)
    mov %rdi, 48(%rsi)
    mov %r8, 56(%rsi)
    mov %r9, 64(%rsi)
    mov %r10, 72(%rsi)
    mov %r11, 80(%rsi)
    mov %r12, 88(%rsi)
    mov %r13, 96(%rsi)
    mov %r14, 104(%rsi)
    mov %r15, 112(%rsi)
    pop %rdi
    mov %rdi, 40(%rsi)
    pop %rax
    vmsave
    pop %rax
    vmload
    stgi
    pop_callee_saved
    ret

    .section .note.GNU-stack, "", @progbits
