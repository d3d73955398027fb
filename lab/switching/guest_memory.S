// What assembled sequences use in memory, in one piece: it is saved and put back as a whole.
    .section .user, "awx", @progbits
    .balign 16
    .globl guest_memory, guest_variables, caller_stack, watched_selector, guest_memory_end
    .globl guest_user_stack_top, guest_kernel_stack_top, guest_nmi_stack_top, guest_machine_check_stack_top, guest_debug_stack_top
guest_memory:
guest_variables:
    .skip 12 * 8
caller_stack:                       // ring 3's, while SYSCALL's frame is built
    .skip 8
watched_selector:                   // a breakpoint is on it
    .skip 8
    .skip 0x200
guest_user_stack_top:
    .skip 0x400
guest_kernel_stack_top:
    .skip 0x300
guest_nmi_stack_top:
    .skip 0x300
guest_machine_check_stack_top:
    .skip 0x300
guest_debug_stack_top:
guest_memory_end:

    .section .note.GNU-stack, "", @progbits
