#include "msr/context/segment_bases/cpu.hpp"

#include "msr/core/bits.hpp"
#include "msr/profile/behaviour.hpp"
#include "msr/registers/ia32_fred_rsp0.hpp"

namespace msr::context {

cpu_facts facts_of(const profile::profile& cpu) {
    // Of AMD's CPUs, those that do not say so may keep the base. Zen 2 clears it and does not say so.
    const bool may_keep = cpu.vendor_name() == text{"amd"};
    return {
        .fsgsbase = cpu.has("fsgsbase"),
        .fred = cpu.has("fred"),
        .lkgs = cpu.has("lkgs"),
        .wrmsrns = cpu.has("wrmsrns"),
        .msr_imm = cpu.has("msr_imm"),
        .msrlist = cpu.has("msrlist"),
        .rdpid = cpu.has("rdpid"),
        .null_clears_base = !may_keep || cpu.has("null_selector_clears_base"),
        .base_writes_serialise = !cpu.has("fs_gs_kernel_gs_base_non_serialising"),
        .linear_width = cpu.linear_width(),
    };
}

text to_string(exception one) {
    switch (one) {
        case exception::none: return "none";
        case exception::invalid_opcode: return "#UD";
        case exception::segment_not_present: return "#NP";
        case exception::general_protection: return "#GP";
        case exception::page_fault: return "#PF";
    }
    return "unknown";
}

text to_string(event kind) {
    switch (kind) {
        case event::interrupt: return "irq";
        case event::nmi: return "nmi";
        case event::machine_check: return "mc";
        case event::debug: return "db";
        case event::fault: return "fault";
        case event::system_call: return "syscall";
    }
    return "unknown";
}

bool cpu::canonical(value one) const {
    return profile::is_canonical((*values_)[one], facts_.linear_width);
}

value cpu::low_half(value one) const {
    return values_->add((*values_)[one] & low_ones(32));
}

exception cpu::swapgs(cpu_state& on) const {
    if (mode_ == delivery::fred) return exception::invalid_opcode;
    if (on.user) return exception::general_protection;
    swap_bases(on);
    return exception::none;
}

void cpu::swap_bases(cpu_state& on) {
    const auto active = on.gs.base;
    on.gs.base = on.kernel_gs_base;
    on.kernel_gs_base = active;
}

exception cpu::find(value selector, bool gone, descriptor& found, bool& null) const {
    null = (*values_)[selector] <= 3;  // index 0 of the GDT, at any RPL (SDM 3 3.4.2)
    if (null) return exception::none;
    if (gone) return exception::general_protection;
    for (const auto& one : descriptors_) {
        if (one.selector != selector) continue;
        found = one;
        switch (one.is) {
            case descriptor::condition::present: return exception::none;
            case descriptor::condition::absent: return exception::segment_not_present;
            case descriptor::condition::invalid: return exception::general_protection;
            case descriptor::condition::unmapped: return exception::page_fault;
        }
    }
    return exception::general_protection;
}

exception cpu::load_fs(cpu_state& on, value selector, bool gone) const {
    descriptor found;
    bool null = false;
    const auto fault = find(selector, gone, found, null);
    if (fault != exception::none) return fault;
    on.fs.selector = selector;
    if (!null || facts_.null_clears_base) on.fs.base = found.base;
    return exception::none;
}

exception cpu::load_gs(cpu_state& on, value selector, bool gone) const {
    descriptor found;
    bool null = false;
    const auto fault = find(selector, gone, found, null);
    if (fault != exception::none) return fault;
    on.gs.selector = selector;
    if (!null || facts_.null_clears_base) on.gs.base = found.base;
    return exception::none;
}

exception cpu::lkgs(cpu_state& on, value selector, bool gone) const {
    if (!facts_.lkgs || on.user) return exception::invalid_opcode;
    descriptor found;
    bool null = false;
    const auto fault = find(selector, gone, found, null);
    if (fault != exception::none) return fault;
    on.gs.selector = selector;
    if (!null || facts_.null_clears_base) on.kernel_gs_base = found.base;
    return exception::none;
}

exception cpu::read_base(const cpu_state& /*on*/, value base, bool wide, value& into) const {
    if (!facts_.fsgsbase) return exception::invalid_opcode;
    into = wide ? base : low_half(base);
    return exception::none;
}

exception cpu::write_base(const cpu_state& /*on*/, value from, bool wide, value& base) const {
    if (!facts_.fsgsbase) return exception::invalid_opcode;
    if (wide && !canonical(from)) return exception::general_protection;
    base = wide ? from : low_half(from);
    return exception::none;
}

namespace {

// The part of the state that a register is.
value* place_of(cpu_state& on, base_register which) {
    switch (which) {
        case base_register::fs_base: return &on.fs.base;
        case base_register::gs_base: return &on.gs.base;
        case base_register::kernel_gs_base: return &on.kernel_gs_base;
        case base_register::fred_rsp0: return &on.fred_rsp0;
        case base_register::tsc_aux: return &on.tsc_aux;
    }
    return nullptr;
}

}  // namespace

bool cpu::writable(base_register which, value from) const {
    const auto bits = (*values_)[from];
    switch (which) {
        case base_register::tsc_aux: return (bits >> 32U) == 0;
        case base_register::fred_rsp0:
            return facts_.fred && (bits & ~ia32_fred_rsp0::fields::rsp::mask) == 0 && canonical(from);
        default: return canonical(from);
    }
}

exception cpu::rdmsr(const cpu_state& on, base_register which, value& into) const {
    if (on.user || (which == base_register::fred_rsp0 && !facts_.fred)) return exception::general_protection;
    auto copy = on;
    into = *place_of(copy, which);
    return exception::none;
}

exception cpu::wrmsr(cpu_state& on, base_register which, value from) const {
    if (on.user || !writable(which, from)) return exception::general_protection;
    *place_of(on, which) = from;
    return exception::none;
}

exception cpu::wrmsrns(cpu_state& on, base_register which, value from) const {
    return facts_.wrmsrns ? wrmsr(on, which, from) : exception::invalid_opcode;
}

exception cpu::wrmsrns_immediate(cpu_state& on, base_register which, value from) const {
    return facts_.msr_imm ? wrmsr(on, which, from) : exception::invalid_opcode;
}

exception cpu::wrmsrlist(cpu_state& on, base_register which, value from) const {
    return facts_.msrlist ? wrmsr(on, which, from) : exception::invalid_opcode;
}

exception cpu::rdpid(const cpu_state& on, value& into) const {
    if (!facts_.rdpid) return exception::invalid_opcode;
    into = on.tsc_aux;
    return exception::none;
}

exception cpu::set_interrupts(cpu_state& on, bool enabled) const {
    if (on.user) return exception::general_protection;
    on.sti_shadow = enabled && !on.interrupts;
    on.interrupts = enabled;
    return exception::none;
}

bool cpu::admits(const cpu_state& on, event kind) const {
    if (on.ss_shadow) return false;
    switch (kind) {
        case event::interrupt: return on.interrupts && !on.sti_shadow;
        case event::nmi: return !on.nmi_blocked;
        // A second one while the first is being handled shuts the CPU down (SDM 3 17.3.1.2, MCIP).
        case event::machine_check: return !on.in_machine_check;
        case event::debug: return !on.in_debug;
        default: return false;
    }
}

return_frame cpu::deliver(cpu_state& on, event kind) const {
    return_frame result{.user = on.user,
                        .interrupts = on.interrupts,
                        .in_machine_check = on.in_machine_check,
                        .in_debug = on.in_debug,
                        .unblocks_nmi = kind == event::nmi};
    for (std::size_t at = 0; at < general_registers; ++at)
        result.general[at] = on.general[at];
    if (mode_ == delivery::fred && on.user) swap_bases(on);
    on.user = 0;
    on.interrupts = 0;
    on.sti_shadow = 0;
    on.ss_shadow = 0;
    if (kind == event::nmi) on.nmi_blocked = 1;
    if (kind == event::machine_check) on.in_machine_check = 1;
    if (kind == event::debug) {
        on.in_debug = 1;
        on.trap_pending = 0;
    }
    return result;
}

void cpu::resume(cpu_state& on, const return_frame& from) {
    for (std::size_t at = 0; at < general_registers; ++at)
        on.general[at] = from.general[at];
    on.user = from.user;
    on.interrupts = from.interrupts;
    on.in_machine_check = from.in_machine_check;
    on.in_debug = from.in_debug;
}

exception cpu::iret(cpu_state& on, const return_frame& from) const {
    on.nmi_blocked = 0;  // even if it then faults (SDM 3 6.7.1)
    if (on.user || (mode_ == delivery::fred && from.user)) return exception::general_protection;
    resume(on, from);
    return exception::none;
}

exception cpu::sysret(cpu_state& on, const return_frame& from) const {
    if (mode_ == delivery::fred) return exception::invalid_opcode;
    if (on.user) return exception::general_protection;
    resume(on, from);
    on.user = 1;
    return exception::none;
}

exception cpu::erets(cpu_state& on, const return_frame& from) const {
    if (mode_ != delivery::fred || on.user) return exception::invalid_opcode;
    if (from.user) return exception::general_protection;
    if (from.unblocks_nmi) on.nmi_blocked = 0;
    resume(on, from);
    return exception::none;
}

exception cpu::eretu(cpu_state& on, const return_frame& from) const {
    if (mode_ != delivery::fred || on.user) return exception::invalid_opcode;
    if (!from.user) return exception::general_protection;
    if (from.unblocks_nmi) on.nmi_blocked = 0;
    resume(on, from);
    swap_bases(on);
    return exception::none;
}

}  // namespace msr::context
