// An event at every boundary: each sequence of the library is executed an instruction at a time, and at each one every
// event that the sequence names arrives, on the CPU itself. The mistakes fail, and the rest does not.
#include "lab/ring0/control_bits.hpp"
#include "lab/ring0/descriptors.hpp"
#include "lab/ring0/tap.hpp"
#include "lab/ring0/vmx_operation.hpp"
#include "lab/switching/judge.hpp"
#include "lab/switching/parts.hpp"
#include "lab/switching/stepped_guest.hpp"
#include "msr/core/native.hpp"
#include "msr/profile/cpuid_walk.hpp"
#include "msr/registers/cpuid.hpp"
#include "msr/virt/cpuid_source.hpp"

namespace msr::switching {
namespace {

using namespace ring0;
using context::event;
using context::violation;

constexpr unsigned most_steps = 2000;     // of a sequence without events
constexpr unsigned most_following = 800;  // of what follows an event
constexpr unsigned whole_rounds = 2;      // user mode is entered so often: to the other task and back

constexpr text words[]{"an interrupt", "an NMI", "a machine check", "a debug exception"};

/// What was found of one sequence.
struct findings {
    unsigned boundaries = 0;
    unsigned events = 0;  // that arrived, and other things that were done to it
    unsigned wrong = 0;
    unsigned as_expected = 0;           // wrong in the way that the checker says
    text first = "";                    // what happened where it first was
    text first_at = "";                 // the instruction that was next
    violation other = violation::none;  // another way in which it was wrong
};

class explorer {
  public:
    explorer(const sequence& what, stepped_guest& guest) : what_{what}, guest_{guest}, judge_{what, guest} {}

    const findings& explore() {
        judge_.begin();
        while (judge_.returns() < whole_rounds && found_.boundaries < most_steps) {
            ++found_.boundaries;
            try_everything();
            const auto at = next_written();
            if (const auto wrong = judge_.step(); wrong != violation::none) {
                note_wrong(wrong, "nothing arrived", at);
                break;
            }
        }
        return found_;
    }

  private:
    text next_written() const {
        const auto* const next = judge_.within();
        return next == nullptr ? text{"the way to a handler"} : next->written;
    }

    void note_wrong(violation wrong, text what, text at) {
        if (wrong == what_.expected)
            ++found_.as_expected;
        else
            found_.other = wrong;
        if (found_.wrong++ != 0) return;
        found_.first = what;
        found_.first_at = at;
    }

    template <class Do>
    void attempt(text what, bool may_come_back, Do happens) {
        guest_.save(before_);
        const auto known = judge_.known();
        const auto at = next_written();
        ++found_.events;
        if (const auto wrong = happens(); wrong != violation::none)
            note_wrong(wrong, what, at);
        else
            follow(what, at, may_come_back);
        guest_.restore(before_);
        judge_.know(known);
    }

    // To where it is as it was before, or for two rounds.
    void follow(text what, text at, bool may_come_back) {
        const auto last = judge_.returns() + whole_rounds;
        for (unsigned step = 0; step < most_following && judge_.returns() <= last; ++step) {
            if (const auto wrong = judge_.step(); wrong != violation::none) return note_wrong(wrong, what, at);
            if (may_come_back && guest_.is_again_at(before_)) return;
        }
    }

    void try_everything() {
        for (const auto kind : {event::interrupt, event::nmi, event::machine_check, event::debug}) {
            const auto number = static_cast<std::size_t>(kind);
            if (!what_.arrives[number] || !guest_.admits(kind)) continue;
            attempt(words[number], true, [&] {
                guest_.inject(kind);
                return judge_.step();
            });
        }
        const auto* const next = judge_.next_core();
        if (next == nullptr) return;
        if (next->means == meaning::load_selector) try_without_descriptor(guest_.general().rax);
        if (next->means == meaning::event_return && what_.iret_refused) try_refused_iret();
        if (next->means == meaning::system_call_return && what_.sysret_refused) try_refused_sysret();
    }

    // Another thread has taken the descriptor away, and puts it back. The selector is where the load takes it from.
    void try_without_descriptor(std::uint64_t selector) {
        for (const auto& one : what_.descriptors) {
            if (one.selector != selector || !one.unsteady) continue;
            attempt("the descriptor is gone", false, [&] {
                place_data_segment(one.selector, one.base, false);
                const auto wrong = judge_.step();
                place_data_segment(one.selector, one.base, true);
                return wrong;
            });
        }
    }

    // What the user may put into a frame: a code segment that there is not.
    void try_refused_iret() {
        constexpr std::size_t behind_address = 1;
        auto* const frame = reinterpret_cast<std::uint64_t*>(guest_.stack_pointer());
        auto& code = frame[behind_address];
        if ((code & selector::of_ring_3) == 0) return;
        attempt("IRET is refused", false, [&] {
            const auto good = code;
            code = beyond_the_table;
            const auto wrong = judge_.step();
            code = good;
            return wrong;
        });
    }

    void try_refused_sysret() {
        attempt("SYSRET is refused", false, [&] {
            guest_.general().rcx = not_canonical;
            return judge_.step();
        });
    }

    static constexpr std::uint64_t beyond_the_table = 0xFFF8 | selector::of_ring_3;
    static constexpr std::uint64_t not_canonical = std::uint64_t{1} << 47;

    const sequence& what_;
    stepped_guest& guest_;
    judge judge_;
    findings found_;
    static inline guest_snapshot before_;
};

void report(const sequence& what, const findings& found) {
    const bool safe = what.expected == violation::none;
    if (safe && found.wrong == 0) {
        check(true, what.name, ": right at ", found.boundaries, " boundaries, ", found.events, " times disturbed");
        return;
    }
    const auto times = safe ? found.wrong : found.as_expected;
    check(!safe && times != 0, what.name, ": ", to_string(safe ? found.other : what.expected), ", ", times,
          " times in ", found.events, " at ", found.boundaries, " boundaries, first before `", found.first_at,
          "`: ", found.first);
}

void explore_all(stepped_guest& guest) {
    const bool has_fsgsbase = virt::asked(profile::native_cpuid, cpuid::fsgsbase) != 0;
    const bool has_rdpid = virt::asked(profile::native_cpuid, cpuid::rdpid) != 0;
    unsigned events = 0;
    for (const auto& one : sequences) {
        if (one.fsgsbase && !has_fsgsbase) {
            skip(one.name, "this CPU has no FSGSBASE");
        } else if (one.rdpid && !has_rdpid) {
            skip(one.name, "this CPU has no RDPID");
        } else {
            explorer exploring{one, guest};
            const auto& found = exploring.explore();
            report(one, found);
            events += found.events;
        }
    }
    note("events and refusals in all: ", events);
    for (const auto& one : not_run)
        skip(one.name, one.reason);
}

}  // namespace

void try_every_boundary() {
    note("1. an event at every boundary");
    if (virt::asked(profile::native_cpuid, cpuid::vmx) == 0)
        return skip("a guest that is stepped", "this CPU has no VMX");
    const auto has = virt::vmx::capabilities::read(native_bus{});
    if (!has) return skip("a guest that is stepped", "VMX's capabilities cannot be read: ", hex{has.error().index});
    if (!enter_vmx_operation(*has)) return;
    static stepped_guest guest;
    if (guest.prepare(*has)) explore_all(guest);
    leave_vmx_operation();
}

}  // namespace msr::switching
