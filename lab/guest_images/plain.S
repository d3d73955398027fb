// Without a header, in 64 bits: exits with 0x1234 if it has a stack and sees its own memory.
#include "ports.inc"

    .text
    .code64
    .globl guest_entry
guest_entry:
    mov $0x1234, %eax
    push %rax
    pop %rcx
    lea guest_entry(%rip), %rdx
    cmp $0x100000, %rdx
    jne 1f
    mov %ecx, %eax
    out %eax, $exit_port
1:  hlt
    jmp 1b

    .section .note.GNU-stack, "", @progbits
