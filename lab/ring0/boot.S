// For virtual machine monitors that load a kernel's ELF file themselves: where it is entered, in 32 bits without paging
// (the PVH boot protocol, note 18 of Xen's).
    .section .note.boot, "a", @note
    .long 4, 8, 18                  // sizes of name and description, type
    .asciz "Xen"
    .quad protected_mode_entry

    .section .note.GNU-stack, "", @progbits
