// The image's files, as bytes of the host's programs.
    .section .rodata
    .balign 8
    .globl oracle_image_bytes, oracle_image_bytes_end, oracle_reset_bytes, oracle_reset_bytes_end
oracle_image_bytes:
    .incbin "image.bin"
oracle_image_bytes_end:
oracle_reset_bytes:
    .incbin "reset.bin"
oracle_reset_bytes_end:
    .section .note.GNU-stack, "", @progbits
