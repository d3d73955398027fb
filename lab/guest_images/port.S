// Asks the clock of a PC for the time.
#include "ports.inc"
    pvh_note guest_entry

    .text
    .code32
    .globl guest_entry
guest_entry:
    xor %eax, %eax
    out %al, $0x70
    hlt

    .section .note.GNU-stack, "", @progbits
