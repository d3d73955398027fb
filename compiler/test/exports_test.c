/* The C export at work: values are composed and taken apart as a kernel would. Exits with the number of the check that
 * failed. C99 and C++. */
#include "msr.h"

#define MTRR_RANGE 0x4000000ULL /* 64 MiB */

static unsigned long long pat(void) {
    return MSRKIT_PUT(IA32_PAT_PA0, MEMORY_TYPE_PAT_WB) | MSRKIT_PUT(IA32_PAT_PA1, MEMORY_TYPE_PAT_WT) |
           MSRKIT_PUT(IA32_PAT_PA2, MEMORY_TYPE_PAT_UC_MINUS) | MSRKIT_PUT(IA32_PAT_PA3, MEMORY_TYPE_PAT_UC) |
           MSRKIT_PUT(IA32_PAT_PA4, MEMORY_TYPE_PAT_WB) | MSRKIT_PUT(IA32_PAT_PA5, MEMORY_TYPE_PAT_WT) |
           MSRKIT_PUT(IA32_PAT_PA6, MEMORY_TYPE_PAT_UC_MINUS) | MSRKIT_PUT(IA32_PAT_PA7, MEMORY_TYPE_PAT_UC);
}

int main(void) {
    /* As a Debian kernel in QEMU had it: long mode, with SYSCALL and no-execute. */
    const unsigned long long efer = 0xd01;
    const unsigned long long on = IA32_EFER_NXE_MASK | IA32_EFER_LMA_MASK | IA32_EFER_LME_MASK | IA32_EFER_SCE_MASK;
    unsigned n;

    /* The entries that SDM 3 table 12-12 lists for power-up are the value that it states. */
    if (pat() != IA32_PAT_AT_RESET) return 1;
    if (MSRKIT_GET(IA32_PAT_PA1, pat()) != MEMORY_TYPE_PAT_WT) return 2;
    if (efer != on) return 3;
    if (MSRKIT_GET(IA32_EFER_SVME, efer) != 0 || MSRKIT_GET(IA32_EFER_LMA, efer) != 1) return 4;

    /* SDM 3 12.11.2.3, the manual's example: 64 MiB of write-back memory from 0, with 36 address bits. */
    if (MSRKIT_PUT(IA32_MTRR_PHYSBASE_TYPE, MEMORY_TYPE_MTRR_WB) != 0x6) return 5;
    if (((~(MTRR_RANGE - 1) & IA32_MTRR_PHYSMASK_PHYSMASK_MASK(36)) | IA32_MTRR_PHYSMASK_V_MASK) != 0xFFC000800ULL)
        return 6;
    /* Members alternate; their fields leave no bit of a wider CPU's address out. */
    for (n = 0; n + 1 < IA32_MTRR_PHYSMASK_MEMBERS; ++n) {
        if (IA32_MTRR_PHYSBASE(n) >= IA32_MTRR_PHYSMASK(n) || IA32_MTRR_PHYSMASK(n) >= IA32_MTRR_PHYSBASE(n + 1)) return 7;
    }
    if (IA32_MTRR_PHYSMASK_PHYSMASK_MASK(52) >> 52 != 0 || IA32_MTRR_PHYSMASK_PHYSMASK_MASK(52) >> 51 != 1) return 8;
    /* A range that a quantity makes empty, and one that it makes as wide as it gets. */
    if (MSRKIT_BITS(-1, 0) != 0 || MSRKIT_BITS(63, 64) != 0 || MSRKIT_BITS(63, 0) != ~0ULL) return 9;
    return 0;
}
