// The image's first bytes, for its starters: image_header.
    .section .header, "a", @progbits
    .quad image_start, long_mode_entry, page_tables, oracle_mailbox, table_start, table_end, memory_end, rom_start

    .section .note.GNU-stack, "", @progbits
