// Part 1, the system-call bridge: a kernel's registers set up by typed accesses, and ring 3 crossing it.
#include "lab/ring0/control_bits.hpp"
#include "lab/ring0/descriptors.hpp"
#include "lab/ring0/parts.hpp"
#include "lab/ring0/ring3.hpp"
#include "lab/ring0/tap.hpp"
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_fmask.hpp"
#include "msr/registers/ia32_fs_base.hpp"
#include "msr/registers/ia32_gs_base.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_star.hpp"
#include "msr/registers/layouts/control_register_4.hpp"

extern "C" void system_call_entry();

namespace msr::ring0 {
namespace {

/// What KERNEL_GS_BASE points to: system_call_entry writes it, and knows the order.
struct kernel_memory {
    std::uint64_t kernel_stack;
    std::uint64_t user_stack;
    std::uint64_t return_address;  // RCX
    std::uint64_t saved_flags;     // R11
    std::uint64_t flags;
    std::uint64_t code;
    std::uint64_t stack;
    std::uint64_t calls;
};
static_assert(offsetof(kernel_memory, kernel_stack) == 0 && offsetof(kernel_memory, user_stack) == 8 &&
              offsetof(kernel_memory, return_address) == 16 && offsetof(kernel_memory, saved_flags) == 24 &&
              offsetof(kernel_memory, flags) == 32 && offsetof(kernel_memory, code) == 40 &&
              offsetof(kernel_memory, stack) == 48 && offsetof(kernel_memory, calls) == 56);

alignas(16) std::uint64_t kernel_stack[64];
kernel_memory kernel;

// Not inlined: image_test.cpp looks at its instructions.
[[gnu::noinline]] bool set_up_system_calls() {
    native_bus cpu;
    const auto enabled = update<ia32_efer>(cpu, [](ia32_efer value) { return value.sce(true); });
    const auto segments = update<ia32_star>(cpu, [](ia32_star value) {
        return value.syscall_cs_ss(selector::code).sysret_cs_ss(selector::sysret_base | selector::of_ring_3);
    });
    const auto entry = write(cpu, ia32_lstar{address_of(system_call_entry)});
    const auto mask = update<ia32_fmask>(cpu, [](ia32_fmask value) {
        return value.syscall_flag_mask(rflags::trap | rflags::interrupts | rflags::direction | rflags::alignment_check);
    });
    return enabled && segments && entry && mask;
}

bool set_up_bases() {
    native_bus cpu;
    ring3_memory.fs_word = 0xF5F5'F5F5'F5F5'F5F5;
    ring3_memory.gs_word = 0x6565'6565'6565'6565;
    kernel.kernel_stack = address_of(kernel_stack + 64);
    const auto fs = write(cpu, ia32_fs_base{address_of(&ring3_memory)});
    const auto gs = write(cpu, ia32_gs_base{address_of(&ring3_memory)});
    const auto kernel_gs = write(cpu, ia32_kernel_gs_base{address_of(&kernel)});
    return fs && gs && kernel_gs;
}

void check_crossing(const return_reason& returned) {
    check(returned.vector == lab::vector::invalid_opcode &&
              returned.instruction_pointer == address_of(ring3_system_call_end),
          "SYSCALL came back by SYSRET: exception ", unsigned{returned.vector}, " at ",
          hex{returned.instruction_pointer});
    check(kernel.calls == 1, "LSTAR's code ran once: ", kernel.calls);
    check(kernel.return_address == address_of(ring3_system_call_syscall) + 2,
          "RCX is the address behind SYSCALL: ", hex{kernel.return_address});
    check((kernel.saved_flags & rflags::direction) != 0 && (kernel.flags & rflags::direction) == 0,
          "FMASK cleared the direction flag in ring 0: R11 ", hex{kernel.saved_flags}, ", RFLAGS ", hex{kernel.flags});
    check((ring3_memory.flags & rflags::direction) != 0, "and ring 3 has it again: RFLAGS ", hex{ring3_memory.flags});
    check(kernel.code == selector::code && kernel.stack == selector::data, "STAR gave ring 0 CS ", hex{kernel.code},
          " and SS ", hex{kernel.stack});
    check(ring3_memory.code == (selector::user_code | selector::of_ring_3) &&
              ring3_memory.stack == (selector::user_data | selector::of_ring_3),
          "and ring 3 CS ", hex{ring3_memory.code}, " and SS ", hex{ring3_memory.stack});
}

void check_bases() {
    native_bus cpu;
    check(ring3_memory.seen_fs == ring3_memory.fs_word, "ring 3 reads through FS: ", hex{ring3_memory.seen_fs});
    check(ring3_memory.seen_gs == ring3_memory.gs_word,
          "and through GS, after SWAPGS twice: ", hex{ring3_memory.seen_gs});
    const auto user = read<ia32_gs_base>(cpu);
    const auto inactive = read<ia32_kernel_gs_base>(cpu);
    check(user && user->raw() == address_of(&ring3_memory) && inactive && inactive->raw() == address_of(&kernel),
          "GS_BASE and KERNEL_GS_BASE are what they were before the call");
    instructions::swapgs();
    const auto swapped = read<ia32_gs_base>(cpu);
    const auto hidden = read<ia32_kernel_gs_base>(cpu);
    instructions::swapgs();
    check(swapped && swapped->raw() == address_of(&kernel) && hidden && hidden->raw() == address_of(&ring3_memory),
          "SWAPGS exchanges GS_BASE and KERNEL_GS_BASE");
    const auto returned = visit_ring_3(ring3_swapgs);
    check(returned.vector == lab::vector::general_protection, "SWAPGS in ring 3: exception ",
          unsigned{returned.vector});
}

void check_base_instructions(const profile::profile& cpu) {
    const auto has = enumerated<features::fsgsbase>::by(cpu);
    if (!has) return skip("RDFSBASE and its kin", "this CPU does not enumerate them");
    write_cr4(control_register_4::from_raw(read_cr4()).fsgsbase(true).raw());
    const auto before = instructions::rdgsbase(*has);
    const auto by_register = read<ia32_gs_base>(native_bus{});
    check(by_register && before == by_register->raw(), "RDGSBASE is IA32_GS_BASE: ", hex{before});
    check(instructions::wrfsbase(*has, before) && read<ia32_fs_base>(native_bus{})->raw() == before,
          "WRFSBASE writes IA32_FS_BASE");
    check(instructions::wrgsbase(*has, before) && instructions::rdfsbase(*has) == before, "WRGSBASE and RDFSBASE");
}

}  // namespace

void bridge_system_calls(const profile::profile& cpu) {
    note("1. the system-call bridge");
    open_to_ring_3();
    check(set_up_system_calls(), "EFER, STAR, LSTAR and FMASK by typed updates");
    check(set_up_bases(), "FS_BASE, GS_BASE and KERNEL_GS_BASE by typed writes");
    check_crossing(visit_ring_3(ring3_system_call));
    check_bases();
    const auto disabled = update<ia32_efer>(native_bus{}, [](ia32_efer value) { return value.sce(false); });
    const auto refused = visit_ring_3(ring3_system_call);
    check(disabled && refused.vector == lab::vector::invalid_opcode &&
              refused.instruction_pointer == address_of(ring3_system_call_syscall) && kernel.calls == 1,
          "with EFER.SCE clear, SYSCALL is exception ", unsigned{refused.vector}, ", and LSTAR's code did not run");
    check_base_instructions(cpu);
}

}  // namespace msr::ring0
