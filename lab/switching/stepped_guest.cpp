#include "lab/switching/stepped_guest.hpp"

#include "lab/image/exceptions.hpp"
#include "lab/ring0/control_bits.hpp"
#include "lab/ring0/descriptors.hpp"
#include "lab/ring0/tap.hpp"
#include "lab/ring0/value_of.hpp"
#include "lab/ring0/vmx_operation.hpp"
#include "lab/ring0/vmx_state.hpp"
#include "lab/switching/memory_map.hpp"
#include "msr/core/access.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_tsc_aux.hpp"
#include "msr/registers/layouts/control_register_4.hpp"
#include "msr/virt/vmx/adjust.hpp"

extern "C" {
extern std::byte guest_memory[];
extern std::byte guest_memory_end[];
extern std::uint64_t guest_variables[];
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
using context::event;

constexpr unsigned cs = 1, ss = 2, fs = 4, gs = 5;  // numbers of segments in the VMCS

constexpr vmcs selector_of(unsigned segment) {
    return of_segment(vmcs::guest_es_selector, segment);
}
constexpr vmcs rights_of(unsigned segment) {
    return of_segment(vmcs::guest_es_rights, segment);
}
constexpr vmcs base_of(unsigned segment) {
    return of_segment(vmcs::guest_es_base, segment);
}
constexpr vmcs limit_of(unsigned segment) {
    return of_segment(vmcs::guest_es_limit, segment);
}

// What code changes, as far as the VMCS holds it. The first three say where the guest is.
constexpr vmcs changing[]{
    vmcs::guest_rip,
    vmcs::guest_rsp,
    vmcs::guest_rflags,
    selector_of(cs),
    rights_of(cs),
    selector_of(ss),
    rights_of(ss),
    selector_of(fs),
    base_of(fs),
    selector_of(gs),
    base_of(gs),
    rights_of(fs),
    limit_of(fs),
    rights_of(gs),
    limit_of(gs),
    limit_of(cs),
    base_of(ss),
    limit_of(ss),
    vmcs::guest_interruptibility,
    vmcs::guest_pending_debug,
    vmcs::guest_activity,
};
constexpr std::size_t compared = 11;  // of these; the rest follows from them, or passes
static_assert(count_of(changing) <= guest_snapshot::most_fields);

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

std::size_t memory_size() {
    return static_cast<std::size_t>(guest_memory_end - guest_memory);
}

void write_segment(unsigned number, std::uint64_t selector, std::uint64_t base, std::uint32_t rights) {
    vmwrite(selector_of(number), selector);
    vmwrite(base_of(number), base);
    vmwrite(limit_of(number), ~0U);
    vmwrite(rights_of(number), rights);
}

// By IRET, as an NMI's handler does it: an entry of Bochs 2.7 that clears the VMCS's bit leaves them blocked.
void unblock_nmi() {
    asm volatile(
        "mov %%rsp, %%rcx\n\t"
        "mov %%ss, %%eax\n\t"
        "push %%rax\n\t"
        "push %%rcx\n\t"
        "pushfq\n\t"
        "mov %%cs, %%eax\n\t"
        "push %%rax\n\t"
        "push $1f\n\t"
        "iretq\n"
        "1:" ::
            : "rax", "rcx", "memory");
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

void stepped_guest::save(guest_snapshot& into) const {
    into.general = general_;
    for (std::size_t at = 0; at < count_of(changing); ++at)
        into.fields[at] = vmread(changing[at]);
    into.kernel_gs_base = kernel_gs_base();
    if (has_tsc_aux_) into.tsc_aux = value_of(ia32_tsc_aux::address);
    into.percpu = percpu();
    __builtin_memcpy(into.memory, guest_memory, memory_size());
}

void stepped_guest::restore(const guest_snapshot& from) {
    general_ = from.general;
    unblock_nmi();
    for (std::size_t at = 0; at < count_of(changing); ++at)
        vmwrite(changing[at], from.fields[at]);
    vmwrite(vmcs::entry_interruption, 0);
    (void)write(native_bus{}, ia32_kernel_gs_base{from.kernel_gs_base});
    if (has_tsc_aux_) (void)native_bus{}.write(ia32_tsc_aux::address, from.tsc_aux);
    percpu() = from.percpu;
    __builtin_memcpy(guest_memory, from.memory, memory_size());
}

namespace {

template <class Value>
bool same_bytes(const Value& one, const Value& other) {
    const auto* const left = reinterpret_cast<const std::uint64_t*>(&one);
    const auto* const right = reinterpret_cast<const std::uint64_t*>(&other);
    for (std::size_t at = 0; at < sizeof(Value) / sizeof(std::uint64_t); ++at) {
        if (left[at] != right[at]) return false;
    }
    return true;
}

}  // namespace

bool stepped_guest::is_again_at(const guest_snapshot& earlier) const {
    for (std::size_t at = 0; at < compared; ++at) {
        if (vmread(changing[at]) != earlier.fields[at]) return false;
    }
    const auto* const variables = reinterpret_cast<const std::uint64_t*>(earlier.memory);
    for (std::size_t at = 0; at < most_variables; ++at) {
        if (guest_variables[at] != variables[at]) return false;
    }
    return kernel_gs_base() == earlier.kernel_gs_base && same_bytes(general_, earlier.general) &&
           same_bytes(percpu(), earlier.percpu);
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
