// For boot loaders: where the flat image goes, and where it is entered, in 32 bits without paging (multiboot 0.6.96, 3.1).
    .set magic, 0x1badb002
    .set has_addresses, 1 << 16

    .section .header, "a", @progbits
    .balign 4
header:
    .long magic, has_addresses, -(magic + has_addresses)
    .long header, image_start, image_end, memory_end, protected_mode_entry

    .section .note.GNU-stack, "", @progbits
