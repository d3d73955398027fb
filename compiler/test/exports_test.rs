// The Rust export at work: what follows holds when it compiles.
#![no_std]

pub mod msr;

use msr::*;

pub const fn put(mask: u64, shift: u32, value: u64) -> u64 {
    (value << shift) & mask
}

pub const PAT: u64 = put(IA32_PAT_PA0_MASK, IA32_PAT_PA0_SHIFT, MEMORY_TYPE_PAT_WB)
    | put(IA32_PAT_PA1_MASK, IA32_PAT_PA1_SHIFT, MEMORY_TYPE_PAT_WT)
    | put(IA32_PAT_PA2_MASK, IA32_PAT_PA2_SHIFT, MEMORY_TYPE_PAT_UC_MINUS)
    | put(IA32_PAT_PA3_MASK, IA32_PAT_PA3_SHIFT, MEMORY_TYPE_PAT_UC)
    | put(IA32_PAT_PA4_MASK, IA32_PAT_PA4_SHIFT, MEMORY_TYPE_PAT_WB)
    | put(IA32_PAT_PA5_MASK, IA32_PAT_PA5_SHIFT, MEMORY_TYPE_PAT_WT)
    | put(IA32_PAT_PA6_MASK, IA32_PAT_PA6_SHIFT, MEMORY_TYPE_PAT_UC_MINUS)
    | put(IA32_PAT_PA7_MASK, IA32_PAT_PA7_SHIFT, MEMORY_TYPE_PAT_UC);

// The entries that SDM 3 table 12-12 lists for power-up are the value that it states.
const _: () = assert!(PAT == IA32_PAT_AT_RESET);

// As a Debian kernel in QEMU had it.
const _: () =
    assert!(0xd01 == IA32_EFER_NXE_MASK | IA32_EFER_LMA_MASK | IA32_EFER_LME_MASK | IA32_EFER_SCE_MASK);

// SDM 3 12.11.2.3, the manual's example: a range of 64 MiB, with 36 address bits.
const _: () = assert!(
    !(0x400_0000 - 1) & IA32_MTRR_PHYSMASK_PHYSMASK_MASK(36) | IA32_MTRR_PHYSMASK_V_MASK == 0xf_fc00_0800
);
const _: () = assert!(IA32_MTRR_PHYSMASK(0) < IA32_MTRR_PHYSBASE(1));
