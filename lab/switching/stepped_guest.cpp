#include "lab/switching/stepped_guest.hpp"

#include "lab/image/exceptions.hpp"
#include "lab/ring0/control_bits.hpp"
#include "lab/ring0/descriptors.hpp"
#include "lab/ring0/tap.hpp"
#include "lab/ring0/value_of.hpp"
#include "lab/ring0/vmx_operation.hpp"
#include "lab/ring0/vmx_state.hpp"
#include "lab/switching/guest_state.hpp"
#include "lab/switching/memory_map.hpp"
#include "msr/core/access.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_tsc_aux.hpp"
#include "msr/registers/layouts/control_register_4.hpp"
#include "msr/virt/vmx/adjust.hpp"

extern "C" {
extern std::uint16_t watched_selector;
extern const char guest_user_stack_top[];
extern const char guest_kernel_stack_top[];
extern const char guest_nmi_stack_top[];
extern const char guest_machine_check_stack_top[];
extern const char guest_debug_stack_top[];
}

namespace msr::switching {
namespace {

using namespace ring0;
using namespace guest_state;
using context::event;

// The stacks of events, as the TSS numbers them; the first is a double fault's.
constexpr std::uint8_t nmi_stack = 2, machine_check_stack = 3, debug_stack = 4;
constexpr std::uint8_t interrupt_vector = 0x40;

alignas(4096) std::byte every_register_passes[4096];  // an MSR bitmap of zeros
lab::gate gates[lab::vectors];

virt::vmx::control_request stepping_controls() {
    virt::vmx::control_request wanted;
    wanted.required.pin_based = vmx_pin_based_controls{}.activate_vmx_preemption_timer(true);
    wanted.required.primary = vmx_primary_processor_based_controls{}.use_msr_bitmaps(true);
    wanted.optional.secondary = vmx_secondary_processor_based_controls{}.enable_rdtscp(true);  // RDPID too
    wanted.required.exit = vmx_primary_exit_controls{}.host_address_space_size(true);
    wanted.required.entry = vmx_entry_controls{}.ia_32e_mode_guest(true).load_debug_controls(true);
    return wanted;
}

void write_segment(unsigned number, std::uint64_t selector, std::uint64_t base, std::uint32_t rights) {
    vmwrite(selector_of(number), selector);
    vmwrite(base_of(number), base);
    vmwrite(limit_of(number), ~0U);
    vmwrite(rights_of(number), rights);
}

void write_data_segment(unsigned number, const bases& has) {
    const bool null = has.selector <= selector::of_ring_3;
    write_segment(number, has.selector, has.base,
                  null ? vmx_rights::unusable : vmx_rights::data | vmx_rights::of_ring_3);
}

}  // namespace

bool stepped_guest::prepare(const virt::vmx::capabilities& has) {
    const auto adjusted = adjust(has.controls, stepping_controls());
    if (!adjusted) {
        skip("an event at every boundary", adjusted.error().which.name(), ": ", to_string(adjusted.error().why));
        return false;
    }
    if (memory_size() > guest_snapshot::most_memory) bail_out("the guest's memory has outgrown its snapshot");
    const auto& value = adjusted->value;
    has_tsc_aux_ = native_bus{}.read(ia32_tsc_aux::address).has_value();
    set_ring_0_stack(address_of(guest_kernel_stack_top));
    set_interrupt_stack(nmi_stack, address_of(guest_nmi_stack_top));
    set_interrupt_stack(machine_check_stack, address_of(guest_machine_check_stack_top));
    set_interrupt_stack(debug_stack, address_of(guest_debug_stack_top));
    write_dr0(address_of(&watched_selector));
    return check(
        vmwrite(vmcs::pin_based_controls, value.pin_based.raw()) &&
            vmwrite(vmcs::primary_controls, value.primary.raw()) &&
            (!value.primary.activate_secondary_controls() ||
             vmwrite(vmcs::secondary_controls, value.secondary.raw())) &&
            vmwrite(vmcs::exit_controls, value.exit.raw()) && vmwrite(vmcs::entry_controls, value.entry.raw()) &&
            vmwrite(vmcs::msr_bitmaps, address_of(every_register_passes)) && vmwrite(vmcs::cr3_target_count, 0) &&
            vmwrite(vmcs::cr0_mask, 0) && vmwrite(vmcs::cr4_mask, 0) && vmwrite(vmcs::exit_msr_store_count, 0) &&
            vmwrite(vmcs::exit_msr_load_count, 0) && vmwrite(vmcs::entry_msr_load_count, 0) && write_host_state() &&
            write_guest_state(0, 0) && vmwrite(vmcs::guest_idtr_base, address_of(gates)) &&
            vmwrite(vmcs::guest_idtr_limit, sizeof gates - 1),
        "the VMCS is written: a guest that comes back after each instruction");
}

// Exceptions without a handler come back; so does #PF, which tells of a base that leads nowhere.
void stepped_guest::write_tables(const sequence& what) {
    using namespace lab::vector;
    for (auto& one : gates)
        one = {};
    std::uint32_t handled = 0;
    const auto handle = [&](std::uint8_t vector, const char* entry, std::uint8_t stack = 0) {
        if (entry == nullptr) return;
        gates[vector] = lab::gate_to(address_of(entry), stack);
        if (vector <= last_exception) handled |= 1U << vector;
    };
    const auto entry = [&](event kind) { return what.entries[static_cast<std::size_t>(kind)]; };
    handle(interrupt_vector, entry(event::interrupt));
    handle(nmi, entry(event::nmi), nmi_stack);
    handle(lab::vector::machine_check, entry(event::machine_check), machine_check_stack);
    handle(debug, entry(event::debug), debug_stack);
    handle(general_protection, entry(event::fault));
    handle(segment_not_present, entry(event::fault));
    handle(invalid_opcode, what.fault_without_code);
    vmwrite(vmcs::exception_bitmap, ~handled);
    for (const auto& one : what.descriptors)
        place_data_segment(one.selector, one.base, true);
    (void)write(native_bus{}, ia32_lstar{address_of(entry(event::system_call))});
}

// In the kernel it begins as if user mode had called: with a frame to return by, and the bases exchanged.
void stepped_guest::write_registers(const sequence& what) {
    using namespace selector;
    const auto& has = what.tasks[what.task];
    const bool user = what.start_in_user;
    unblock_nmi();
    const std::uint32_t ring = user ? of_ring_3 : 0;
    const std::uint32_t rights = user ? vmx_rights::of_ring_3 : 0;
    auto* const frame = reinterpret_cast<entry_frame*>(address_of(guest_kernel_stack_top)) - 1;
    *frame = {.instruction_pointer = address_of(what.user),
              .code_segment = user_code | of_ring_3,
              .flags = rflags::always_one | rflags::interrupts,
              .stack_pointer = address_of(guest_user_stack_top),
              .stack_segment = user_data | of_ring_3};
    write_segment(cs, (user ? user_code : code) | ring, 0, vmx_rights::code_64 | rights);
    write_segment(ss, (user ? user_data : data) | ring, 0, vmx_rights::data | rights);
    write_data_segment(fs, has.fs);
    write_data_segment(gs, has.gs);
    if (!user) vmwrite(base_of(gs), kernel_base);
    (void)write(native_bus{}, ia32_kernel_gs_base{user ? kernel_base : has.gs.base});
    if (has_tsc_aux_) (void)native_bus{}.write(ia32_tsc_aux::address, 1);
    vmwrite(vmcs::guest_rip, address_of(what.start));
    vmwrite(vmcs::guest_rsp, user ? address_of(guest_user_stack_top) : address_of(frame));
    vmwrite(vmcs::guest_rflags, rflags::always_one | rflags::interrupts);
    vmwrite(vmcs::guest_dr7, dr7_watches_word);
    vmwrite(vmcs::guest_interruptibility, 0);
    vmwrite(vmcs::guest_pending_debug, 0);
    vmwrite(vmcs::guest_activity, 0);
    vmwrite(vmcs::guest_cr4, control_register_4::from_raw(read_cr4()).fsgsbase(what.fsgsbase).raw());
    vmwrite(vmcs::entry_interruption, 0);
}

void stepped_guest::begin(const sequence& what) {
    general_ = {};
    watched_selector = selector::user_data | selector::of_ring_3;
    percpu() = {.mark = percpu_mark};
    for (std::size_t at = 0; at < what.variables.size(); ++at) {
        const bool of_cpu = (what.percpu_variables >> at & 1U) != 0;
        (of_cpu ? percpu().variables[at] : guest_variables[at]) = what.variables[at];
    }
    write_tables(what);
    write_registers(what);
}

guest_exit stepped_guest::step() {
    // It counts the entry itself, and the instruction; the delivery of an event is no instruction.
    const bool delivers = (vmread(vmcs::entry_interruption) & vmx_event::valid) != 0;
    vmwrite(vmcs::guest_preemption_timer, delivers ? 1 : 2);
    const bool entered = vmx_enter(&general_, launched_, vmcs::host_rsp, vmcs::host_rip);
    if (!entered) return {.raw = static_cast<std::uint32_t>(vmread(vmcs::instruction_error)) << 16};
    launched_ = true;
    const auto raw = static_cast<std::uint32_t>(vmread(vmcs::exit_reason));
    if (raw == vmx_exit::preemption_timer) return {.why = guest_exit::reason::stepped, .raw = raw};
    if (raw != vmx_exit::exception) return {.raw = raw};
    return {.why = guest_exit::reason::exception,
            .vector = static_cast<std::uint8_t>(vmread(vmcs::exit_interruption)),
            .raw = raw};
}

bool stepped_guest::admits(event kind) const {
    const auto blocked = vmread(vmcs::guest_interruptibility);
    if ((blocked & (vmx_blocking::by_mov_ss | vmx_blocking::by_sti)) != 0) return false;
    if (kind == event::nmi) return (blocked & vmx_blocking::by_nmi) == 0;
    return kind != event::interrupt || (vmread(vmcs::guest_rflags) & rflags::interrupts) != 0;
}

void stepped_guest::inject(event kind) {
    using namespace vmx_event;
    std::uint32_t what = valid;
    switch (kind) {
        case event::interrupt: what |= external_interrupt | interrupt_vector; break;
        case event::nmi: what |= vmx_event::nmi | lab::vector::nmi; break;
        case event::machine_check: what |= hardware_exception | lab::vector::machine_check; break;
        default: what |= hardware_exception | lab::vector::debug; break;
    }
    vmwrite(vmcs::entry_interruption, what);
}

bool stepped_guest::in_ring_3() const {
    return (vmread(selector_of(cs)) & selector::of_ring_3) != 0;
}

task_bases stepped_guest::bases() const {
    return {.fs = {vmread(selector_of(fs)), vmread(base_of(fs))}, .gs = {vmread(selector_of(gs)), vmread(base_of(gs))}};
}

std::uint64_t stepped_guest::kernel_gs_base() const {
    return value_of(ia32_kernel_gs_base::address);
}

}  // namespace msr::switching
