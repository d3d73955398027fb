// A guest under random policies: an access exits if, and only if, the policy does not let it pass. Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lab/ring0/hypervisor.hpp"
#include "lab/ring0/tap.hpp"
#include "msr/core/native.hpp"
#include "msr/virt/intercept_map.hpp"

extern "C" {
/// The guest's program; ends in HLT.
void random_guest_main();
}

namespace msr::ring0 {

/// One register that the guest reads, and then writes what it has read.
struct random_register {
    std::uint32_t index = 0;
    bool read_passes = false;
    bool write_passes = false;
    bool written = false;  // the guest leaves a register alone that it cannot read and would reach
    std::uint32_t read_exits = 0;
    std::uint32_t write_exits = 0;
};

inline constexpr std::size_t random_registers = 32;  // of one policy
inline constexpr unsigned random_policies = 100;

struct random_guest_memory {
    random_register registers[random_registers];
    std::size_t current = 0;
};
extern random_guest_memory random_shared;

/// The next policy, for registers of the catalogue and addresses between them that `covers` says are in the map.
void draw_policy(bool (*covers)(std::uint32_t index));
/// Counts an exit of the guest's; the value that RDMSR gets is this CPU's. False: inject #GP(0).
[[nodiscard]] bool answer_random_exit(exit_reason why, general_registers& general);
/// How many accesses did otherwise than the policy says; the first is named.
[[nodiscard]] std::size_t surprises();

namespace detail {

/// False if the guest came back for a reason that nobody expected.
template <class Cpu>
bool run_random_guest(Cpu& cpu) {
    cpu.start_at(reinterpret_cast<std::uint64_t>(random_guest_main));
    for (;;) {
        const auto why = cpu.enter();
        if (why == exit_reason::halt) return true;
        if (why != exit_reason::rdmsr && why != exit_reason::wrmsr) return false;
        if (answer_random_exit(why, cpu.general()))
            cpu.skip_instruction();
        else
            cpu.inject_general_protection();
    }
}

template <class Map>
bool render_policy(Map& map) {
    map = Map{};
    for (const auto& one : random_shared.registers) {
        if (one.read_passes && !map.pass(one.index, virt::accesses::reads)) return false;
        if (one.write_passes && !map.pass(one.index, virt::accesses::writes)) return false;
    }
    return true;
}

}  // namespace detail

/// Runs the guest under one policy after the other. `Cpu` is as run_guest has it, and starts again where it is told.
template <class Cpu, class Map>
void run_random_policies(Cpu& cpu, Map& map) {
    const host_registers before;
    std::size_t accesses = 0;
    std::size_t wrong = 0;
    bool ran = true;
    for (unsigned policy = 0; policy < random_policies && ran; ++policy) {
        draw_policy([](std::uint32_t index) { return Map::bit_of(index, direction::read).has_value(); });
        ran = detail::render_policy(map) && detail::run_random_guest(cpu);
        wrong += surprises();
        for (const auto& one : random_shared.registers)
            accesses += one.written ? 2 : 1;
    }
    check(ran && wrong == 0, "under ", random_policies, " random policies ", accesses,
          " accesses exit exactly where the policy says; otherwise: ", wrong);
    check(!before.changed(), "and after them the hypervisor has its own registers");
}

}  // namespace msr::ring0
