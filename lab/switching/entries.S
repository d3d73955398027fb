// A kernel's entries with interrupts and system calls between tasks, and its way back: GS leads to its own data, as soon
// as SWAPGS was executed.
#include "lab/image/saved_registers.inc"
    .text
    .globl timer_entry, spurious_entry, call_entry, numbered_call_entries, run_tasks, leave_tasks
timer_entry:
    testb $3, 8(%rsp)               // the code segment's ring: whose base is in GS
    jz 1f
    swapgs
1:  push $0
    push_caller_saved
    push_callee_saved
    mov $0, %esi
    jmp 2f

spurious_entry:
    iretq

// As call_entry, at addresses that can be told apart: percpu_data's third variable says which it was.
    .balign 32
numbered_call_entries:
    number = 0
    .rept 2                         // entries.hpp: call_entries
    .balign 32
    swapgs
    movq $number, %gs:24
    swapgs
    jmp call_entry
    number = number + 1
    .endr

call_entry:
    swapgs
    mov %rsp, %gs:16                // percpu_data's variables: the caller's stack, and before it the kernel's
    mov %gs:8, %rsp
    push $user_stack_segment        // entries.cpp names both
    push %gs:16
    push %r11
    push $user_code_segment
    push %rcx
    push $0
    push_caller_saved
    push_callee_saved
    mov $1, %esi

2:  cld
    mov %rsp, %rdi
    call *kernel_work(%rip)         // answers with the frame to go on with
    mov %rax, %rsp
resume:
    pop_callee_saved
    pop_caller_saved
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
