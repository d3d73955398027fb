// The ring-0 program: tries each case of the table and writes the answer beside it.
//
// Interrupts stay off, and it uses neither FS, GS, SYSCALL nor NX: any value may stand in their registers.
#include "lab/oracle/image/console.hpp"
#include "lab/oracle/table.hpp"
#include "lab/oracle/try_on.hpp"
#include "msr/core/native.hpp"
#include "msr/profile/cpuid_walk.hpp"

namespace {

using namespace msr;
using namespace msr::oracle;

/// What exception_stubs leave on the stack.
struct frame {
    std::uint64_t saved[9];
    std::uint64_t vector;
    std::uint64_t error_code;
    std::uint64_t instruction_pointer;
};

struct gate {
    std::uint16_t offset_low;
    std::uint16_t selector;
    std::uint8_t stack;
    std::uint8_t type;
    std::uint16_t offset_middle;
    std::uint32_t offset_high;
    std::uint32_t reserved;
};

constexpr std::size_t vectors = 256;
constexpr std::size_t stub_size = 16;

}  // namespace

extern "C" {
extern const char exception_stubs[vectors * stub_size];
extern exchange table_start[];

[[gnu::section(".data")]] mailbox oracle_mailbox;
void oracle_exception(frame* interrupted);
void oracle_main();
}

namespace {

[[gnu::section(".data")]] gate gates[vectors];

void load_gates() {
    constexpr std::uint8_t present_interrupt_gate = 0x8E;
    for (std::size_t vector = 0; vector < vectors; ++vector) {
        const auto stub = reinterpret_cast<std::uint64_t>(exception_stubs + vector * stub_size);
        gates[vector] = {.offset_low = static_cast<std::uint16_t>(stub),
                         .selector = 8,
                         .type = present_interrupt_gate,
                         .offset_middle = static_cast<std::uint16_t>(stub >> 16),
                         .offset_high = static_cast<std::uint32_t>(stub >> 32)};
    }
    struct [[gnu::packed]] {
        std::uint16_t limit = sizeof gates - 1;
        const gate* base = gates;
    } pointer;
    asm volatile("lidt %0" ::"m"(pointer) : "memory");
}

/// Ends a streaming image for good; otherwise returns once the starter has more to do.
void hand_over() {
    if (oracle_mailbox.streams == 0) {
        asm volatile("outb %%al, %%dx" ::"a"(0), "d"(console_port) : "memory");
        return;
    }
    // Bochs: this word, at this port, ends the emulation.
    constexpr std::uint16_t shutdown_port = 0x8900;
    line{"end"}.send();
    out(shutdown_port, "Shutdown", 8);
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

void oracle_exception(frame* interrupted) {
    constexpr std::uint64_t nmi = 2;
    constexpr std::uint64_t general_protection = 13;
    constexpr std::uint64_t last_exception = 31;
    if (interrupted->vector == general_protection && recover(interrupted->instruction_pointer)) return;
    if (interrupted->vector == nmi || interrupted->vector > last_exception) return;
    stop({interrupted->vector, interrupted->error_code, interrupted->instruction_pointer});
}

void oracle_main() {
    load_gates();
    if (++oracle_mailbox.entered != 1) stop({.vector = unexpected_event::restart});
    introduce_cpu();
    for (;;) {
        answer_all();
        hand_over();
    }
}

// The compiler may call these for any copy.
extern "C" {
void* memcpy(void* to, const void* from, std::size_t count) {
    void* const start = to;
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count)::"memory");
    return start;
}

void* memset(void* to, int byte, std::size_t count) {
    void* const start = to;
    asm volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(byte) : "memory");
    return start;
}
}
