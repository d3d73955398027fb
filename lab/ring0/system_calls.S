// A kernel's entry of system calls, as LSTAR points to it: GS leads to the kernel's own memory, once SWAPGS was executed.
    .text
    .globl system_call_entry
system_call_entry:
    swapgs
    mov %rsp, %gs:8                 // SYSCALL leaves ring 3's stack in use
    mov %gs:0, %rsp
    mov %rcx, %gs:16
    mov %r11, %gs:24
    pushfq
    popq %gs:32
    mov %cs, %eax
    mov %rax, %gs:40
    mov %ss, %eax
    mov %rax, %gs:48
    incq %gs:56
    mov %gs:8, %rsp
    swapgs
    sysretq

    .section .note.GNU-stack, "", @progbits
