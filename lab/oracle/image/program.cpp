// The ring-0 program: tries each case of the table and writes the answer beside it.
//
// Interrupts stay off, and it uses neither FS, GS, SYSCALL nor NX: any value may stand in their registers.
#include "lab/image/exceptions.hpp"
#include "lab/image/ports.hpp"
#include "lab/oracle/image/console.hpp"
#include "lab/oracle/table.hpp"
#include "lab/oracle/try_on.hpp"
#include "msr/core/native.hpp"
#include "msr/profile/cpuid_walk.hpp"

namespace {

using namespace msr;
using namespace msr::oracle;
using lab::frame;

}  // namespace

extern "C" {
extern exchange table_start[];
[[gnu::section(".data")]] mailbox oracle_mailbox;
}

namespace {

/// Ends a streaming image for good; otherwise returns once the starter has more to do.
void hand_over() {
    if (oracle_mailbox.streams == 0) {
        lab::out(lab::console_port, 0);
        return;
    }
    line{"end"}.send();
    lab::shut_bochs_down();
}

[[noreturn]] void stop(const unexpected_event& event) {
    oracle_mailbox.event = event;
    if (oracle_mailbox.streams != 0)
        line{"event"}.number(event.vector).number(event.error_code).number(event.instruction_pointer).send();
    for (;;)
        hand_over();
}

void stream(const exchange& one) {
    constexpr auto number = [](step became) { return static_cast<std::uint64_t>(became); };
    line{"answer"}
        .number(number(one.first_read))
        .number(number(one.write))
        .number(number(one.second_read))
        .number(number(one.restore))
        .number(one.old_value)
        .number(one.new_value)
        .send();
}

void answer_all() {
    for (oracle_mailbox.next = 0; oracle_mailbox.next < oracle_mailbox.count; ++oracle_mailbox.next) {
        auto& one = table_start[oracle_mailbox.next];
        try_on(native_bus{}, one);
        if (oracle_mailbox.streams != 0) stream(one);
    }
}

void introduce_cpu() {
    profile::walk_cpuid(profile::native_cpuid, [](const profile::cpuid_leaf& leaf) {
        if (oracle_mailbox.leaf_count == mailbox::room_for_leaves) return;
        oracle_mailbox.leaves[oracle_mailbox.leaf_count++] = leaf;
        if (oracle_mailbox.streams == 0) return;
        const auto& [eax, ebx, ecx, edx] = leaf.answer;
        line{"cpuid"}.number(leaf.leaf).number(leaf.subleaf).number(eax).number(ebx).number(ecx).number(edx).send();
    });
}

}  // namespace

void image_exception(frame* interrupted) {
    using namespace lab::vector;
    if (interrupted->vector == general_protection && recover(interrupted->instruction_pointer)) return;
    if (interrupted->vector == nmi || interrupted->vector > last_exception) return;
    stop({interrupted->vector, interrupted->error_code, interrupted->instruction_pointer});
}

void image_main() {
    lab::load_gates();
    if (++oracle_mailbox.entered != 1) stop({.vector = unexpected_event::restart});
    introduce_cpu();
    for (;;) {
        answer_all();
        hand_over();
    }
}
