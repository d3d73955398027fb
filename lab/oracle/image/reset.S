// In place of a BIOS: from reset straight into the image, so that every register still is as the CPU's reset left it.
.section .reset, "ax", @progbits
.code16
from_reset:
    cli
    lgdtl %cs:(descriptors_pointer - from_reset + 0xf000)
    mov $0x11, %eax                 // CR0: ET and PE; caches on
    mov %eax, %cr0
    ljmpl $8, $from_rom

    .code32
from_rom:
    mov $16, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    cmpl $0, oracle_mailbox         // a case has reset the CPU: the image is there, and reports it
    jne 1f
    cld                             // the image, then the table, from ROM to where they belong
    mov $rom_start, %esi
    mov $image_start, %edi
    mov $image_end, %ecx
    sub $image_start, %ecx
    rep movsb
    mov $table_start, %edi
    mov $reset_start, %ecx
    sub %esi, %ecx
    rep movsb
1:  ljmp $8, $protected_mode_entry

    .balign 8
descriptors:
    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
descriptors_pointer:
    .word . - descriptors - 1
    .long descriptors

    .org 0xff0
    .byte 0xe9                      // JMP: a displacement of 16 bits, in the segment's own offsets
    .word from_reset - . - 2
    .org 0x1000

    .section .note.GNU-stack, "", @progbits
