// An exception without an IDT.
#include "ports.inc"
    pvh_note guest_entry

    .text
    .code32
    .globl guest_entry
guest_entry:
    ud2

    .section .note.GNU-stack, "", @progbits
