#include "lab/switching/judge.hpp"

#include "lab/image/exceptions.hpp"
#include "lab/ring0/control_bits.hpp"
#include "lab/ring0/tap.hpp"

namespace msr::switching {

using context::event;
using context::violation;
using ring0::address_of;

void judge::begin() {
    guest_->begin(*what_);
    now_ = {.promise = {what_->tasks[0], what_->tasks[1]}, .task = what_->task};
    if (!what_->start_in_user) push(false);
}

// By halves: the code is sorted by address.
const assembled* judge::within() const {
    const auto at = guest_->instruction_pointer();
    std::size_t first = 0;
    std::size_t last = what_->code.size();
    while (last - first > 1) {
        const auto middle = (first + last) / 2;
        (address_of(what_->code[middle].begin) <= at ? first : last) = middle;
    }
    const auto* const found = &what_->code[first];
    return address_of(found->begin) <= at && at < address_of(what_->end) ? found : nullptr;
}

const assembled* judge::next_core() const {
    const auto* const one = within();
    return one != nullptr && address_of(one->core) == guest_->instruction_pointer() ? one : nullptr;
}

void judge::push(bool by_itself) {
    if (now_.depth == knowledge::most_frames) ring0::bail_out(what_->name, ": more events than the judge has room for");
    now_.frames[now_.depth++] = {guest_->bases(), guest_->kernel_gs_base(), by_itself};
}

// Whether the CPU has just been taken to an entry.
bool judge::arrived(std::uint64_t at) {
    for (std::size_t kind = 0; kind < context::event_kinds; ++kind) {
        if (what_->entries[kind] == nullptr || address_of(what_->entries[kind]) != at) continue;
        push(static_cast<event>(kind) < event::fault);
        return true;
    }
    if (what_->fault_without_code == nullptr || address_of(what_->fault_without_code) != at) return false;
    push(false);
    return true;
}

violation judge::step() {
    const auto* const doing = within();
    const auto* const core = next_core();
    const bool in_ring_3 = guest_->in_ring_3();
    if (core != nullptr && core->means == meaning::oops) return violation::unhandled;
    const auto exit = guest_->step();
    if (exit.why == guest_exit::reason::other)
        ring0::bail_out(what_->name, ": exit ", ring0::hex{exit.raw}, " at ",
                        ring0::hex{guest_->instruction_pointer()});
    if (exit.why == guest_exit::reason::exception) {
        const bool of_percpu =
            doing != nullptr && (doing->means == meaning::percpu || doing->means == meaning::percpu_variable);
        return of_percpu && exit.vector == lab::vector::page_fault ? violation::wrong_base_in_kernel
                                                                   : violation::unhandled;
    }
    if (arrived(guest_->instruction_pointer())) return violation::none;
    const auto wrong = core == nullptr ? violation::none : after(*core);
    if (in_ring_3 && guest_->in_ring_3()) now_.promise[now_.task] = guest_->bases();
    return wrong;
}

violation judge::after(const assembled& done) {
    auto& mine = now_.promise[now_.task];
    switch (done.means) {
        case meaning::percpu:
            return guest_->general().rax == percpu_mark ? violation::none : violation::wrong_base_in_kernel;
        case meaning::event_return:
        case meaning::system_call_return: return returned();
        case meaning::discard_frame:
            if (now_.depth != 0) --now_.depth;
            break;
        case meaning::current_task: now_.task = static_cast<std::uint8_t>(done.value); break;
        case meaning::promise_fs: mine.fs.selector = done.value; break;
        case meaning::promise_fs_base: mine.fs.base = done.value; break;
        case meaning::promise_gs: mine.gs.selector = done.value; break;
        case meaning::promise_gs_base: mine.gs.base = done.value; break;
        default: break;
    }
    return violation::none;
}

violation judge::returned() {
    if (now_.depth == 0) return violation::unhandled;
    const auto& frame = now_.frames[--now_.depth];
    if (guest_->in_ring_3()) {
        ++now_.returns;
        return entering_user();
    }
    const auto has = guest_->bases();
    const bool same =
        has.fs == frame.bases.fs && has.gs == frame.bases.gs && guest_->kernel_gs_base() == frame.kernel_gs_base;
    return frame.by_itself && !same ? violation::state_lost : violation::none;
}

violation judge::entering_user() const {
    const auto has = guest_->bases();
    const auto& mine = now_.promise[now_.task];
    if (guest_->kernel_gs_base() != kernel_base) return violation::kernel_base_lost;
    if (has.gs.selector != mine.gs.selector || has.fs.selector != mine.fs.selector) return violation::user_selector;
    if (has.gs.base != mine.gs.base) return violation::user_gs_base;
    if (has.fs.base != mine.fs.base) return violation::user_fs_base;
    return violation::none;
}

}  // namespace msr::switching
