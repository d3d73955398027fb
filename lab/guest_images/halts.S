// By PVH: says a line on the serial port, polling, and halts.
#include "ports.inc"
    pvh_note guest_entry

    .text
    .code32
    .globl guest_entry
guest_entry:
    cmpl $0x336ec578, (%ebx)        // the start information's magic number
    jne 3f
    mov $line, %esi
1:  lodsb
    test %al, %al
    jz 3f
    mov %al, %ah
2:  mov $(com1 + 5), %dx            // until the transmitter takes a byte
    in %dx, %al
    test $0x20, %al
    jz 2b
    mov $com1, %dx
    mov %ah, %al
    out %al, %dx
    jmp 1b
3:  hlt

    .section .rodata
line:
    .asciz "Hello from ring 0\n"

    .section .note.GNU-stack, "", @progbits
