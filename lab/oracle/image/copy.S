// Bochs's way in: everything from ROM to where it belongs, once.
    .section .reset, "ax", @progbits
    .code32
    .globl copy_from_rom
copy_from_rom:
    cmpl $0, oracle_mailbox         // a case has reset the CPU: the image is there, and reports it
    jne 1f
    cld
    mov $rom_start, %esi
    mov $image_start, %edi
    mov $image_end, %ecx
    sub $image_start, %ecx
    rep movsb
    mov $table_start, %edi          // then the table
    mov $reset_start, %ecx
    sub %esi, %ecx
    rep movsb
1:  ljmp $8, $protected_mode_entry

    .section .note.GNU-stack, "", @progbits
