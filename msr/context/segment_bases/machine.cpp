#include "msr/context/segment_bases/machine.hpp"

namespace msr::context {

namespace {

// Beyond it a handler faults over its own faults.
constexpr unsigned most_faults = 3;
constexpr unsigned most_traps = 16;

}  // namespace

machine::machine(program& what, const cpu_facts& facts, delivery mode, interned<stack_frame>& frames)
    : program_{&what}, cpu_{facts, mode, what.values, what.descriptors}, frames_{&frames} {}

machine_state machine::first() {
    const auto& it = *program_;
    machine_state state;
    for (std::size_t at = 0; at < most_variables; ++at)
        state.memory[at] = it.at_start[at];
    for (std::size_t at = 0; at < most_tasks; ++at)
        state.promise[at] = it.tasks[at].has;
    state.task = it.start_task;
    auto& on = state.processor;
    state.guest = it.guest;
    on.fs = state.promise[state.task].fs;
    on.gs = state.promise[state.task].gs;
    on.kernel_gs_base = it.kernel_base;
    on.fred_rsp0 = it.tasks[state.task].rsp0;
    on.tsc_aux = it.tsc_aux;
    on.user = 1;
    on.interrupts = 1;
    state.at = it.start;
    if (it.start_in_user) return state;

    // In the kernel, as if user mode had called it: with the frame to return by, and the bases exchanged.
    state.at = it.user;
    stack_frame frame{
        .at = it.user, .fs = on.fs, .gs = on.gs, .kernel_gs_base = on.kernel_gs_base, .kind = event::system_call};
    frame.saved = cpu_.deliver(on, event::system_call);
    if (cpu_.mode() == delivery::idt) (void)cpu_.swapgs(on);
    on.interrupts = it.start_interrupts;
    state.stack = frames_->add(frame).number;
    state.at = it.start;
    return state;
}

bool machine::kernel_base_active(const machine_state& state) const {
    return state.processor.gs.base == program_->kernel_base;
}

// A variable of the CPU's own data is reached through GS.
value& machine::place(machine_state& state, std::uint8_t which, outcome& result) const {
    if (which < general_registers) return state.processor.general[which];
    const auto variable = static_cast<unsigned>(which) - static_cast<unsigned>(general_registers);
    if ((program_->percpu_variables >> variable & 1U) != 0 && !kernel_base_active(state))
        result.wrong = violation::wrong_base_in_kernel;
    return state.memory[variable];
}

value machine::source(machine_state& state, const instruction& one, outcome& result) const {
    return one.constant ? static_cast<value>(one.from) : place(state, one.from, result);
}

outcome machine::deliver(machine_state& state, event kind) {
    const auto handler = program_->handlers[static_cast<std::size_t>(kind)];
    if (handler == no_instruction) return {.wrong = violation::unhandled};
    auto& on = state.processor;
    stack_frame frame{.below = state.stack,
                      .at = state.at,
                      .fs = on.fs,
                      .gs = on.gs,
                      .kernel_gs_base = on.kernel_gs_base,
                      .kind = kind};
    frame.saved = cpu_.deliver(on, kind);
    state.stack = frames_->add(frame).number;
    state.at = handler;
    return {};
}

outcome machine::fault(machine_state& state, exception why) {
    if (state.faults == most_faults) return {.wrong = violation::unhandled, .fault = why};
    ++state.faults;
    auto result = deliver(state, event::fault);
    result.fault = why;
    return result;
}

std::optional<outcome> machine::apply(machine_state& state, happening what) {
    const auto& next = program_->code[state.at];
    switch (what) {
        case happening::step: return step(state, false, false);
        case happening::descriptor_gone: {
            if (next.what != operation::mov_gs && next.what != operation::mov_fs && next.what != operation::lkgs)
                return std::nullopt;
            outcome unused;
            const auto selector = source(state, next, unused);
            for (const auto& one : program_->descriptors) {
                if (one.selector == selector && one.unsteady) return step(state, true, false);
            }
            return std::nullopt;
        }
        case happening::frame_refused:
            if (!program_->may_be_refused(next.what) || state.stack == 0 || !(*frames_)[state.stack].saved.user)
                return std::nullopt;
            return step(state, false, true);
        default: break;
    }
    const auto kind = static_cast<event>(static_cast<unsigned>(what) - static_cast<unsigned>(happening::interrupt));
    if (!program_->arrive[static_cast<std::size_t>(kind)] || state.depth == program_->depth || state.in_guest)
        return std::nullopt;
    if (state.processor.trap_pending || !cpu_.admits(state.processor, kind)) return std::nullopt;
    ++state.depth;
    return deliver(state, kind);
}

violation machine::boundary(const machine_state& state) const {
    const auto& it = *program_;
    if (cpu_.mode() != delivery::fred || !it.rsp0_copy || it.rsp0_checked != rsp0_rule::everywhere)
        return violation::none;
    const auto own = it.tasks[state.task].rsp0;
    const auto copy = state.memory[*it.rsp0_copy - general_registers];
    return copy == own && state.processor.fred_rsp0 != own ? violation::rsp0_copy : violation::none;
}

outcome machine::step(machine_state& state, bool gone, bool refused) {
    // A trap that MOV SS held back comes after the instruction that followed it, wherever that one led.
    if (state.processor.trap_pending && !state.processor.ss_shadow) {
        // A handler that traps in its turn, without end.
        if (state.depth == most_traps) return {.wrong = violation::unhandled};
        ++state.depth;
        auto result = deliver(state, event::debug);
        result.trapped = true;
        return result;
    }
    const auto& one = program_->code[state.at];
    auto after = state;
    after.processor.sti_shadow = 0;
    after.processor.ss_shadow = 0;
    ++after.at;
    outcome result;
    const auto why = refused ? exception::general_protection : processor_step(after, one, gone, result);
    if (result.wrong == violation::none && why != exception::none) {
        // IRET unblocks NMI even where it faults; nothing else of a faulting instruction remains.
        if (one.what == operation::iret) state.processor.nmi_blocked = 0;
        state.processor.sti_shadow = 0;
        state.processor.ss_shadow = 0;
        return fault(state, why);
    }
    state = after;
    if (state.processor.user && result.wrong == violation::none && !state.in_guest)
        state.promise[state.task] = {state.processor.fs, state.processor.gs};
    return result;
}

exception machine::processor_step(machine_state& state, const instruction& one, bool gone, outcome& result) {
    switch (one.what) {
        case operation::swapgs: return cpu_.swapgs(state.processor);
        case operation::cli: return cpu_.set_interrupts(state.processor, false);
        case operation::sti: return cpu_.set_interrupts(state.processor, true);
        case operation::mov_ss:
            state.processor.ss_shadow = 1;
            state.processor.trap_pending = 1;  // of a data breakpoint on what it read
            return exception::none;
        case operation::syscall: result.wrong = deliver(state, event::system_call).wrong; return exception::none;
        case operation::iret:
        case operation::sysret:
        case operation::erets:
        case operation::eretu: return leave(state, one, result);
        case operation::vmenter: enter_guest(state, one, result); return exception::none;
        case operation::vmexit: leave_guest(state, one, result); return exception::none;
        default: return segment_step(state, one, gone, result);
    }
}

exception machine::leave(machine_state& state, const instruction& one, outcome& result) {
    if (state.stack == 0) {
        result.wrong = violation::unhandled;
        return exception::none;
    }
    const auto frame = (*frames_)[state.stack];
    auto& on = state.processor;
    auto why = exception::none;
    switch (one.what) {
        case operation::iret: why = cpu_.iret(on, frame.saved); break;
        case operation::sysret: why = cpu_.sysret(on, frame.saved); break;
        case operation::erets: why = cpu_.erets(on, frame.saved); break;
        default: why = cpu_.eretu(on, frame.saved); break;
    }
    if (why != exception::none) return why;
    state.at = frame.at;
    state.stack = frame.below;
    const bool by_itself = frame.kind != event::fault && frame.kind != event::system_call;
    if (frame.kind == event::fault) --state.faults;
    if (by_itself) --state.depth;
    if (on.user) {
        result.wrong = entering_user(state);
    } else if (by_itself && !(on.fs == frame.fs && on.gs == frame.gs && on.kernel_gs_base == frame.kernel_gs_base)) {
        result.wrong = violation::state_lost;
    }
    return exception::none;
}

violation machine::entering_user(const machine_state& state) const {
    const auto& on = state.processor;
    const auto& mine = state.promise[state.task];
    if (on.kernel_gs_base != program_->kernel_base) return violation::kernel_base_lost;
    if (on.gs.selector != mine.gs.selector || on.fs.selector != mine.fs.selector) return violation::user_selector;
    if (on.gs.base != mine.gs.base) return violation::user_gs_base;
    if (on.fs.base != mine.fs.base) return violation::user_fs_base;
    if (cpu_.mode() == delivery::fred && on.fred_rsp0 != program_->tasks[state.task].rsp0) return violation::rsp0;
    return violation::none;
}

// The VMCS holds the bases of FS and GS for both sides, and neither's KERNEL_GS_BASE (SDM 3 25.4.1, 25.5, 27.5.2).
void machine::enter_guest(machine_state& state, const instruction& one, outcome& result) {
    const auto& it = *program_;
    auto& on = state.processor;
    if (it.guest_gs) on.gs.base = place(state, *it.guest_gs, result);
    if (it.guest_fs) on.fs.base = place(state, *it.guest_fs, result);
    if (on.gs.base != state.guest.gs_base || on.kernel_gs_base != state.guest.kernel_gs_base)
        result.wrong = violation::guest_base;
    state.in_guest = 1;
    state.at = one.target;
}

void machine::leave_guest(machine_state& state, const instruction& one, outcome& result) {
    const auto& it = *program_;
    auto& on = state.processor;
    state.guest = {.gs_base = on.gs.base, .kernel_gs_base = on.kernel_gs_base};
    if (it.guest_gs) place(state, *it.guest_gs, result) = on.gs.base;
    if (it.guest_fs) place(state, *it.guest_fs, result) = on.fs.base;
    if (it.host_gs) on.gs.base = place(state, *it.host_gs, result);
    if (it.host_fs) on.fs.base = place(state, *it.host_fs, result);
    result.wrong = violation::none;
    on.interrupts = 0;
    state.in_guest = 0;
    state.at = one.target;
}

}  // namespace msr::context
