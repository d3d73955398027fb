// Asks the local APIC for its version.
#include "ports.inc"
    pvh_note guest_entry

    .text
    .code32
    .globl guest_entry
guest_entry:
    mov 0xfee00030, %eax
    hlt

    .section .note.GNU-stack, "", @progbits
