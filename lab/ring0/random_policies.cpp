#include "lab/ring0/random_policies.hpp"

#include "msr/catalogue/built_in.hpp"
#include "msr/catalogue/model.hpp"

namespace msr::ring0 {

constinit random_guest_memory random_shared{};

namespace {

// xorshift64*: the same policies in every run.
constinit std::uint64_t random_state = 0x9E37'79B9'7F4A'7C15;

std::uint64_t random_below(std::uint64_t limit) {
    random_state ^= random_state >> 12U;
    random_state ^= random_state << 25U;
    random_state ^= random_state >> 27U;
    return (random_state * 0x2545'F491'4F6C'DD1D >> 32U) % limit;
}

std::uint32_t any_register() {
    const auto all = catalogue::built_in().registers;
    const auto& entry = all[random_below(all.size())];
    return entry.address + static_cast<std::uint32_t>(random_below(8)) * entry.stride;
}

std::uint32_t any_address() {
    constexpr std::uint32_t ranges[]{virt::low_range, virt::high_range, virt::amd_range};
    return ranges[random_below(3)] + static_cast<std::uint32_t>(random_below(virt::registers_in_range));
}

bool is_drawn(std::uint32_t index, std::size_t before) {
    for (std::size_t at = 0; at < before; ++at) {
        if (random_shared.registers[at].index == index) return true;
    }
    return false;
}

}  // namespace

void draw_policy(bool (*covers)(std::uint32_t index)) {
    for (std::size_t at = 0; at < random_registers; ++at) {
        auto& one = random_shared.registers[at];
        do {
            one = {};
            one.index = random_below(4) == 0 ? any_address() : any_register();
        } while (!covers(one.index) || is_drawn(one.index, at));
        one.read_passes = random_below(2) == 0;
        one.write_passes = random_below(2) == 0;
    }
    random_shared.current = 0;
}

bool answer_random_exit(exit_reason why, general_registers& general) {
    constexpr std::uint64_t low_half = 0xFFFF'FFFF;
    auto& one = random_shared.registers[random_shared.current];
    const auto index = static_cast<std::uint32_t>(general.rcx);
    if (index != one.index) return false;  // counted nowhere, and so missed
    if (why == exit_reason::wrmsr) {
        ++one.write_exits;
        return true;
    }
    ++one.read_exits;
    const auto value = native_bus{}.read(index);
    if (!value) return false;
    general.rax = *value & low_half;
    general.rdx = *value >> 32U;
    return true;
}

std::size_t surprises() {
    std::size_t count = 0;
    for (const auto& one : random_shared.registers) {
        const bool read = one.read_exits == (one.read_passes ? 0U : 1U);
        const bool write = one.write_exits == (one.write_passes || !one.written ? 0U : 1U);
        if (read && write) continue;
        if (count++ == 0)
            note(hex{one.index}, ": RDMSR exited ", one.read_exits, " times, WRMSR ", one.write_exits,
                 " times; it passes: ", one.read_passes ? text{"reads "} : text{},
                 one.write_passes ? text{"writes"} : text{});
    }
    return count;
}

}  // namespace msr::ring0

// In the guest. What it writes is what stands there, whoever answered: nothing changes, however much passes.
void random_guest_main() {
    using namespace msr::ring0;
    for (auto& at = random_shared.current; at < random_registers; ++at) {
        auto& one = random_shared.registers[at];
        msr::native_bus cpu;
        const auto value = cpu.read(one.index);
        one.written = value.has_value() || !one.write_passes;
        if (one.written) (void)cpu.write(one.index, value.value_or(0));
    }
    for (;;)
        asm volatile("hlt");
}
