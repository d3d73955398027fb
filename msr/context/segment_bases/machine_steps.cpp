// What each instruction does, but for those that enter and leave ring 0 or a guest.

#include "msr/context/segment_bases/machine.hpp"

namespace msr::context {

exception machine::segment_step(machine_state& state, const instruction& one, bool gone, outcome& result) {
    auto& on = state.processor;
    const auto from = [&] { return source(state, one, result); };
    switch (one.what) {
        case operation::mov_fs: return cpu_.load_fs(on, from(), gone);
        case operation::mov_gs: return cpu_.load_gs(on, from(), gone);
        case operation::lkgs: return cpu_.lkgs(on, from(), gone);
        case operation::rdfsbase: return cpu_.read_base(on, on.fs.base, one.wide, place(state, one.to, result));
        case operation::rdgsbase: return cpu_.read_base(on, on.gs.base, one.wide, place(state, one.to, result));
        case operation::wrfsbase: return cpu_.write_base(on, from(), one.wide, on.fs.base);
        case operation::wrgsbase: return cpu_.write_base(on, from(), one.wide, on.gs.base);
        default: return register_step(state, one, result);
    }
}

exception machine::register_step(machine_state& state, const instruction& one, outcome& result) {
    auto& on = state.processor;
    const auto which = static_cast<base_register>(one.to);
    switch (one.what) {
        // RDMSR names its destination in `from`: `to` is the register.
        case operation::rdmsr: return cpu_.rdmsr(on, which, place(state, one.from, result));
        case operation::wrmsr: return cpu_.wrmsr(on, which, source(state, one, result));
        case operation::wrmsrns: return cpu_.wrmsrns(on, which, source(state, one, result));
        case operation::wrmsrns_imm: return cpu_.wrmsrns_immediate(on, which, source(state, one, result));
        case operation::wrmsrlist: return cpu_.wrmsrlist(on, which, source(state, one, result));
        case operation::rdpid: return cpu_.rdpid(on, place(state, one.to, result));
        default: software_step(state, one, result); return exception::none;
    }
}

void machine::software_step(machine_state& state, const instruction& one, outcome& result) {
    switch (one.what) {
        // The kernel keeps the CPU's number in the limit of a segment, where nobody else writes.
        case operation::lsl: place(state, one.to, result) = program_->cpu_number; return;
        case operation::percpu_base:
            place(state, one.to, result) =
                source(state, one, result) == program_->cpu_number ? program_->kernel_base : program_->other_cpus_base;
            return;
        case operation::mov: place(state, one.to, result) = source(state, one, result); return;
        case operation::mov_from_fs: place(state, one.to, result) = state.processor.fs.selector; return;
        case operation::mov_from_gs: place(state, one.to, result) = state.processor.gs.selector; return;
        case operation::discard_frame: {
            if (state.stack == 0 || (*frames_)[state.stack].kind != event::fault) {
                result.wrong = violation::unhandled;
                return;
            }
            state.stack = (*frames_)[state.stack].below;
            --state.faults;
            return;
        }
        default: stated_step(state, one, result);
    }
}

void machine::stated_step(machine_state& state, const instruction& one, outcome& result) {
    switch (one.what) {
        case operation::percpu:
            if (!kernel_base_active(state)) result.wrong = violation::wrong_base_in_kernel;
            return;
        case operation::current: state.task = one.to; return;
        case operation::promise: {
            auto& mine = state.promise[state.task];
            const auto what = source(state, one, result);
            switch (static_cast<promised>(one.to)) {
                case promised::fs: mine.fs.selector = what; return;
                case promised::fs_base: mine.fs.base = what; return;
                case promised::gs: mine.gs.selector = what; return;
                case promised::gs_base: mine.gs.base = what; return;
            }
            return;
        }
        case operation::expect_equal:
            if (place(state, one.to, result) != source(state, one, result)) result.wrong = violation::not_equal;
            return;
        case operation::oops: result.wrong = violation::unhandled; return;
        case operation::halt: result.ends = true; return;
        default: jump_step(state, one, result);
    }
}

void machine::jump_step(machine_state& state, const instruction& one, outcome& result) {
    const auto negative = [&] { return cpu_.values()[place(state, one.to, result)] >> 63U != 0; };
    const auto* const frame = state.stack == 0 ? nullptr : &(*frames_)[state.stack];
    bool taken = false;
    switch (one.what) {
        case operation::jmp: taken = true; break;
        case operation::je: taken = place(state, one.to, result) == source(state, one, result); break;
        case operation::jne: taken = place(state, one.to, result) != source(state, one, result); break;
        case operation::jnegative: taken = negative(); break;
        case operation::jpositive: taken = !negative(); break;
        case operation::jfrom_user: taken = frame != nullptr && frame->saved.user; break;
        case operation::jfrom_kernel: taken = frame != nullptr && !frame->saved.user; break;
        case operation::jreturn: taken = frame != nullptr && frame->at == one.other; break;
        case operation::resume: {
            if (frame == nullptr) {
                result.wrong = violation::unhandled;
                break;
            }
            auto changed = *frame;
            changed.at = one.target;
            state.stack = frames_->add(changed).number;
            break;
        }
        default: break;
    }
    if (taken) state.at = one.target;
}

}  // namespace msr::context
