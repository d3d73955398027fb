// In place of a BIOS: from reset straight into an image, so that every register still is as the CPU's reset left it.
// The image's linker script says where to go from here in 32 bits: from_reset_32.
    .section .reset.entry, "ax", @progbits
    .code16
from_reset:                         // the page's first byte
    cli
    lgdtl %cs:(descriptors_pointer - from_reset + 0xf000)
    mov $0x11, %eax                 // CR0: ET and PE; caches on
    mov %eax, %cr0
    ljmpl $8, $flat

    .code32
flat:
    mov $16, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    ljmp $8, $from_reset_32

    .balign 8
descriptors:
    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
descriptors_pointer:
    .word . - descriptors - 1
    .long descriptors

    .section .reset.vector, "ax", @progbits
    .byte 0xe9                      // JMP: a displacement of 16 bits, in the segment's own offsets
    .word from_reset - . - 2

    .section .note.GNU-stack, "", @progbits
