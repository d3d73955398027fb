// By multiboot: exits with 0 if the loader tells what it must, else with what is missing.
#include "ports.inc"
    .set magic, 0x1badb002
    .set wants_memory_information, 2

    .section .header, "a", @progbits
    .long magic, wants_memory_information, -(magic + wants_memory_information)

    .text
    .code32
    .globl guest_entry
guest_entry:
    mov $1, %ecx
    cmp $0x2badb002, %eax
    jne 1f
    mov $2, %ecx
    mov (%ebx), %eax                // flags: memory, and a map of it
    and $0x41, %eax
    cmp $0x41, %eax
    jne 1f
    mov $3, %ecx
    mov 48(%ebx), %esi              // the map's first entry: from 0, of memory that is there
    cmpl $0, 4(%esi)
    jne 1f
    cmpl $1, 20(%esi)
    jne 1f
    xor %ecx, %ecx
1:  mov %ecx, %eax
    out %eax, $exit_port
2:  hlt
    jmp 2b

    .section .note.GNU-stack, "", @progbits
