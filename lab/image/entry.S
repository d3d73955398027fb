// An image's two entrances, its first descriptors, its pages, and the way into and out of an exception.
#include "lab/image/saved_registers.inc"

    .text
    .code32
// From reset: 32 bits, flat segments, no paging.
    .globl protected_mode_entry
protected_mode_entry:
    mov %cr4, %eax
    or $0x20, %eax                  // PAE
    mov %eax, %cr4
    mov $page_tables, %eax
    mov %eax, %cr3
    mov $efer_index, %ecx           // exceptions.cpp names it
    rdmsr
    or $efer_lme, %eax
    wrmsr
    mov %cr0, %eax
    or $0x80000000, %eax            // PG
    mov %eax, %cr0
    lgdt descriptors_pointer
    ljmp $8, $long_mode_entry

    .code64
// From a hypervisor: 64 bits, with the image's own page tables.
    .globl long_mode_entry
long_mode_entry:
    mov $stack_top, %rsp
    lgdt descriptors_pointer
    xor %eax, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    mov $16, %eax
    mov %eax, %ss
    push $8
    push $1f
    lretq
1:  call image_main
2:  hlt
    jmp 2b

// Sixteen bytes a vector: the stack looks alike whether the CPU pushed an error code or not.
    .balign 16
    .globl exception_stubs
exception_stubs:
    vector = 0
    .rept 256
    .balign 16
    .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
    push $0
    .endif
    push $vector
    jmp exception
    vector = vector + 1
    .endr

exception:
    push_caller_saved
    cld
    mov %rsp, %rdi
    call image_exception
    pop_caller_saved
    add $16, %rsp                   // vector, error code
    iretq

    .data
    .balign 8
descriptors:
    .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
descriptors_pointer:
    .word . - descriptors - 1
    .quad descriptors

    .balign 4096
    .globl page_tables, page_directories, page_directory
page_tables:                        // one entry, one entry, then 2 MB pages: the first GB as it is
    .quad page_directories + 3
    .fill 511, 8, 0
page_directories:
    .quad page_directory + 3
    .fill 511, 8, 0
page_directory:
    page = 0
    .rept 512
    .quad (page << 21) + 0x83
    page = page + 1
    .endr

    .bss
    .balign 16
    .skip 0x4000
stack_top:

    .section .note.GNU-stack, "", @progbits
