// Fields of VMX's virtual-machine control structure (SDM volume 3, appendix B), exit reasons (appendix C), and the
// instructions that reach them. Freestanding.
#pragma once

#include <cstdint>
#include <optional>

#include "msr/core/recovery.hpp"

namespace msr::ring0 {

enum class vmcs : std::uint32_t {
    // 16 bits. The selectors, bases, limits and rights of ES, CS, SS, DS, FS, GS, LDTR, TR follow each other by two.
    guest_es_selector = 0x0800,
    host_es_selector = 0x0C00,
    host_cs_selector = 0x0C02,
    host_ss_selector = 0x0C04,
    host_ds_selector = 0x0C06,
    host_fs_selector = 0x0C08,
    host_gs_selector = 0x0C0A,
    host_tr_selector = 0x0C0C,
    // 64 bits
    msr_bitmaps = 0x2004,
    exit_msr_store = 0x2006,
    exit_msr_load = 0x2008,
    entry_msr_load = 0x200A,
    link_pointer = 0x2800,
    guest_debugctl = 0x2802,
    guest_pat = 0x2804,
    guest_efer = 0x2806,
    host_pat = 0x2C00,
    host_efer = 0x2C02,
    // 32 bits
    pin_based_controls = 0x4000,
    primary_controls = 0x4002,
    exception_bitmap = 0x4004,
    cr3_target_count = 0x400A,
    exit_controls = 0x400C,
    exit_msr_store_count = 0x400E,
    exit_msr_load_count = 0x4010,
    entry_controls = 0x4012,
    entry_msr_load_count = 0x4014,
    entry_interruption = 0x4016,
    entry_error_code = 0x4018,
    secondary_controls = 0x401E,
    instruction_error = 0x4400,
    exit_reason = 0x4402,
    exit_interruption = 0x4404,
    exit_instruction_length = 0x440C,
    guest_es_limit = 0x4800,
    guest_gdtr_limit = 0x4810,
    guest_idtr_limit = 0x4812,
    guest_es_rights = 0x4814,
    guest_interruptibility = 0x4824,
    guest_activity = 0x4826,
    guest_sysenter_cs = 0x482A,
    guest_preemption_timer = 0x482E,
    host_sysenter_cs = 0x4C00,
    // the natural width
    cr0_mask = 0x6000,
    cr4_mask = 0x6002,
    exit_qualification = 0x6400,
    guest_cr0 = 0x6800,
    guest_cr3 = 0x6802,
    guest_cr4 = 0x6804,
    guest_es_base = 0x6806,
    guest_gdtr_base = 0x6816,
    guest_idtr_base = 0x6818,
    guest_dr7 = 0x681A,
    guest_rsp = 0x681C,
    guest_rip = 0x681E,
    guest_rflags = 0x6820,
    guest_pending_debug = 0x6822,
    guest_sysenter_esp = 0x6824,
    guest_sysenter_eip = 0x6826,
    host_cr0 = 0x6C00,
    host_cr3 = 0x6C02,
    host_cr4 = 0x6C04,
    host_fs_base = 0x6C06,
    host_gs_base = 0x6C08,
    host_tr_base = 0x6C0A,
    host_gdtr_base = 0x6C0C,
    host_idtr_base = 0x6C0E,
    host_sysenter_esp = 0x6C10,
    host_sysenter_eip = 0x6C12,
    host_rsp = 0x6C14,
    host_rip = 0x6C16,
};

/// The link pointer that leads nowhere (SDM volume 3, 25.4.2).
inline constexpr std::uint64_t no_other_vmcs = ~std::uint64_t{0};

namespace vmx_exit {
inline constexpr std::uint32_t basic_reason = 0xFFFF;
inline constexpr std::uint32_t exception = 0;
inline constexpr std::uint32_t cpuid = 10;
inline constexpr std::uint32_t hlt = 12;
inline constexpr std::uint32_t rdmsr = 31;
inline constexpr std::uint32_t wrmsr = 32;
inline constexpr std::uint32_t preemption_timer = 52;
}  // namespace vmx_exit

/// Of the entry's interruption-information field (SDM volume 3, table 25-17).
namespace vmx_event {
inline constexpr std::uint32_t external_interrupt = 0U << 8;
inline constexpr std::uint32_t nmi = 2U << 8;
inline constexpr std::uint32_t hardware_exception = 3U << 8;
inline constexpr std::uint32_t error_code = 1U << 11;
inline constexpr std::uint32_t valid = 1U << 31;
}  // namespace vmx_event

/// Access rights of a segment (SDM volume 3, table 25-2).
namespace vmx_rights {
inline constexpr std::uint32_t code_64 = 0xA09B;
inline constexpr std::uint32_t data = 0xC093;
inline constexpr std::uint32_t busy_task = 0x008B;
inline constexpr std::uint32_t unusable = 0x10000;
inline constexpr std::uint32_t of_ring_3 = 0x0060;
}  // namespace vmx_rights

/// Of the guest's interruptibility state (SDM volume 3, table 25-3).
namespace vmx_blocking {
inline constexpr std::uint32_t by_sti = 1U << 0;
inline constexpr std::uint32_t by_mov_ss = 1U << 1;
inline constexpr std::uint32_t by_nmi = 1U << 3;
}  // namespace vmx_blocking

// Each of these says by the flags, or by a #GP(0), that it could not: then the answer is false, or nothing.

inline bool vmxon(const std::uint64_t& region) {
    bool failed = true;
    asm volatile("1: vmxon %1\n\tsetbe %0\n2:" MSRKIT_RECOVER_AT("2b") : "+r"(failed) : "m"(region) : "memory", "cc");
    return !failed;
}
inline bool vmclear(const std::uint64_t& region) {
    bool failed = true;
    asm volatile("vmclear %1\n\tsetbe %0" : "=r"(failed) : "m"(region) : "memory", "cc");
    return !failed;
}
inline bool vmptrld(const std::uint64_t& region) {
    bool failed = true;
    asm volatile("vmptrld %1\n\tsetbe %0" : "=r"(failed) : "m"(region) : "memory", "cc");
    return !failed;
}
inline void vmxoff() {
    asm volatile("vmxoff" ::: "memory", "cc");
}

inline bool vmwrite(vmcs field, std::uint64_t value) {
    bool failed = true;
    asm volatile("vmwrite %2, %1\n\tsetbe %0"
                 : "=r"(failed)
                 : "r"(std::uint64_t{static_cast<std::uint32_t>(field)}), "r"(value)
                 : "memory", "cc");
    return !failed;
}
inline std::uint64_t vmread(vmcs field) {
    std::uint64_t value = 0;
    asm volatile("vmread %1, %0"
                 : "=r"(value)
                 : "r"(std::uint64_t{static_cast<std::uint32_t>(field)})
                 : "memory", "cc");
    return value;
}

/// The field of another segment than ES: 1 CS, 2 SS, 3 DS, 4 FS, 5 GS, 6 LDTR, 7 TR.
constexpr vmcs of_segment(vmcs of_es, unsigned segment) {
    return static_cast<vmcs>(static_cast<std::uint32_t>(of_es) + 2 * segment);
}

}  // namespace msr::ring0
