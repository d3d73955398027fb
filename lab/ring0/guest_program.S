// The guest's entry of system calls, which it makes from ring 0, and its stack.
    .text
    .globl guest_system_call_entry
guest_system_call_entry:
    inc %rax
    jmp *%rcx

    .bss
    .balign 16
    .skip 0x4000
    .globl guest_stack_top
guest_stack_top:

    .section .note.GNU-stack, "", @progbits
