// For loaders of kernels: where the image is entered, in 32 bits without paging.

// Multiboot (0.6.96, 3.1), the flat image as well as the ELF file: boot loaders, and QEMU.
    .set magic, 0x1badb002
    .set has_addresses, 1 << 16
    .section .header, "a", @progbits
    .balign 4
header:
    .long magic, has_addresses, -(magic + has_addresses)
    .long header, image_start, image_end, memory_end, protected_mode_entry

// The PVH boot protocol, note 18 of Xen's: virtual machine monitors that load the ELF file.
    .section .note.boot, "a", @note
    .long 4, 8, 18                  // sizes of name and description, type
    .asciz "Xen"
    .quad protected_mode_entry

    .section .note.GNU-stack, "", @progbits
