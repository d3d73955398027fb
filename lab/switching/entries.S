// A kernel's entries with interrupts and system calls between tasks, and its way back: GS leads to its own data, as soon
// as SWAPGS was executed.
#include "lab/ring0/callee_saved.inc"
    .text
    .macro push_all
    push %rax
    push %rcx
    push %rdx
    push %rbx
    push %rbp
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    push %r12
    push %r13
    push %r14
    push %r15
    .endm

    .globl timer_entry, spurious_entry, call_entry, run_tasks, leave_tasks
timer_entry:
    testb $3, 8(%rsp)               // the code segment's ring: whose base is in GS
    jz 1f
    swapgs
1:  push $0
    push_all
    mov $0, %esi
    jmp 2f

spurious_entry:
    iretq

call_entry:
    swapgs
    mov %rsp, %gs:16                // percpu_data's variables: the caller's stack, and before it the kernel's
    mov %gs:8, %rsp
    push $user_stack_segment        // switches.cpp names both
    push %gs:16
    push %r11
    push $user_code_segment
    push %rcx
    push $0
    push_all
    mov $1, %esi

2:  cld
    mov %rsp, %rdi
    call task_event                 // answers with the frame to go on with
    mov %rax, %rsp
resume:
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rbp
    pop %rbx
    pop %rdx
    pop %rcx
    pop %rax
    add $8, %rsp
    testb $3, 8(%rsp)
    jz 3f
    swapgs
3:  iretq

// void run_tasks(task_frame*): returns when leave_tasks is called.
run_tasks:
    push_callee_saved
    mov %rsp, main_stack(%rip)
    mov %rdi, %rsp
    jmp resume
leave_tasks:
    mov main_stack(%rip), %rsp
    pop_callee_saved
    ret

    .bss
    .balign 8
main_stack:
    .skip 8

    .section .note.GNU-stack, "", @progbits
