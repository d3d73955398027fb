// Before anything else: the image's memory touched from its first byte to its last. Bochs 2.7 loads an image in one piece,
// but gives memory to the guest's addresses in blocks of 128 KB, in the order in which they are first touched.
    .section .reset, "ax", @progbits
    .code32
    .globl touch_memory
touch_memory:
    mov $image_start, %esi
1:  mov (%esi), %al
    add $0x20000, %esi
    cmp $image_end, %esi
    jb 1b
    ljmp $8, $protected_mode_entry

    .section .note.GNU-stack, "", @progbits
