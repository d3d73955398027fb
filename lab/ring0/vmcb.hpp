// SVM's virtual machine control block (APM volume 2, appendix B): control area and state save area. Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>

namespace msr::ring0 {

struct vmcb_segment {
    std::uint16_t selector;
    std::uint16_t attributes;  // the descriptor's bits 55..52 and 47..40
    std::uint32_t limit;
    std::uint64_t base;
};

/// Bits of the third and fourth intercept vectors.
namespace svm_intercept {
inline constexpr std::uint32_t cpuid = 1U << 18;
inline constexpr std::uint32_t hlt = 1U << 24;
inline constexpr std::uint32_t msr_prot = 1U << 28;
inline constexpr std::uint32_t shutdown = 1U << 31;
inline constexpr std::uint32_t vmrun = 1U << 0;  // of the fourth; must be set
}  // namespace svm_intercept

/// Exit codes (APM volume 2, appendix C).
namespace svm_exit {
inline constexpr std::uint64_t cpuid = 0x72;
inline constexpr std::uint64_t hlt = 0x78;
inline constexpr std::uint64_t msr = 0x7C;  // EXITINFO1: 0 RDMSR, 1 WRMSR
}  // namespace svm_exit

/// Of EVENTINJ (APM volume 2, 15.20).
namespace svm_event {
inline constexpr std::uint64_t exception = 3U << 8;
inline constexpr std::uint64_t error_code_valid = 1U << 11;
inline constexpr std::uint64_t valid = std::uint64_t{1} << 31;
}  // namespace svm_event

/// Attributes of a segment, packed (APM volume 2, 15.5.1).
namespace svm_attributes {
inline constexpr std::uint16_t code_64 = 0xA9B;
inline constexpr std::uint16_t data = 0xC93;
}  // namespace svm_attributes

struct alignas(4096) vmcb {
    // ---- control area
    std::uint8_t reserved_000[0x00C];
    std::uint32_t intercepts_3;
    std::uint32_t intercepts_4;
    std::uint8_t reserved_014[0x048 - 0x014];
    std::uint64_t msr_permission_map;
    std::uint64_t tsc_offset;
    std::uint32_t asid;
    std::uint8_t reserved_05c[0x070 - 0x05C];
    std::uint64_t exit_code;
    std::uint64_t exit_info_1;
    std::uint64_t exit_info_2;
    std::uint8_t reserved_088[0x0A8 - 0x088];
    std::uint64_t event_injection;
    std::uint8_t reserved_0b0[0x0C8 - 0x0B0];
    std::uint64_t next_rip;  // where CPUID enumerates it
    std::uint8_t reserved_0d0[0x400 - 0x0D0];
    // ---- state save area
    vmcb_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
    std::uint8_t reserved_4a0[0x4CB - 0x4A0];
    std::uint8_t cpl;
    std::uint32_t reserved_4cc;
    std::uint64_t efer;
    std::uint8_t reserved_4d8[0x548 - 0x4D8];
    std::uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;
    std::uint8_t reserved_580[0x5D8 - 0x580];
    std::uint64_t rsp;
    std::uint8_t reserved_5e0[0x5F8 - 0x5E0];
    std::uint64_t rax;
    std::uint64_t star, lstar, cstar, sfmask, kernel_gs_base;
    std::uint64_t sysenter_cs, sysenter_esp, sysenter_eip, cr2;
    std::uint8_t reserved_648[0x1000 - 0x648];
};
static_assert(offsetof(vmcb, msr_permission_map) == 0x48 && offsetof(vmcb, exit_code) == 0x70 &&
              offsetof(vmcb, event_injection) == 0xA8 && offsetof(vmcb, next_rip) == 0xC8 &&
              offsetof(vmcb, es) == 0x400 && offsetof(vmcb, efer) == 0x4D0 && offsetof(vmcb, cr4) == 0x548 &&
              offsetof(vmcb, rsp) == 0x5D8 && offsetof(vmcb, rax) == 0x5F8 && sizeof(vmcb) == 0x1000);

}  // namespace msr::ring0
