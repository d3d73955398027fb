#include "tools/msr/guest/run.hpp"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "msr/registers/ia32_apic_base.hpp"

namespace tool {

namespace host = msr::host;

namespace {

using steady = std::chrono::steady_clock;

// How often a guest that does not leave is looked at.
constexpr std::chrono::milliseconds longest_tick{50};

constexpr std::uint64_t apic_page = 0x1000;

// While it lives, a guest that does not leave is looked at.
class guest_ticks {
  public:
    explicit guest_ticks(std::chrono::milliseconds period) { host::kvm_guest::interrupt_each(period); }
    guest_ticks(const guest_ticks&) = delete;
    guest_ticks& operator=(const guest_ticks&) = delete;
    guest_ticks(guest_ticks&&) = delete;
    guest_ticks& operator=(guest_ticks&&) = delete;
    ~guest_ticks() { host::kvm_guest::interrupt_each(std::chrono::milliseconds{0}); }
};

std::string missing_memory(const kvm_run& state) {
    const std::uint64_t address = state.mmio.phys_addr;
    constexpr auto local_apic = msr::ia32_apic_base::at_reset().raw() & ~(apic_page - 1);
    return fmt::format("it {} {:#x}, where it has no memory{}", state.mmio.is_write != 0 ? "writes" : "reads", address,
                       address - local_apic < apic_page ? " but a PC has its local APIC" : "");
}

std::string missing_port(const kvm_run& state) {
    return fmt::format("it {} port {:#x}, {} byte{} at once",
                       state.io.direction == KVM_EXIT_IO_OUT ? "writes" : "reads", std::uint16_t{state.io.port},
                       std::uint8_t{state.io.size}, state.io.size == 1 ? "" : "s");
}

}  // namespace

std::string_view to_word(guest_end one) {
    switch (one) {
        case guest_end::halted: return "halted";
        case guest_end::exit_port: return "exit_port";
        case guest_end::shutdown_port: return "shutdown_port";
        case guest_end::triple_fault: return "triple_fault";
        case guest_end::time_is_up: return "time_is_up";
        case guest_end::exits_are_up: return "exits_are_up";
        case guest_end::needs_device: return "needs_device";
        case guest_end::failed: break;
    }
    return "failed";
}

run_result guest_run::run(const run_limits& limits) {
    const guest_ticks ticks{std::clamp(limits.time, std::chrono::milliseconds{1}, longest_tick)};
    const auto begin = steady::now();
    auto ended = run_on(limits);
    return {.end = ended.end,
            .detail = std::move(ended.detail),
            .exit_value = devices_.exit_value(),
            .instruction_pointer = instruction_pointer(),
            .seconds = std::chrono::duration<double>{steady::now() - begin}.count(),
            .exits = exits_,
            .unfiltered = unfiltered_};
}

guest_run::ending guest_run::run_on(const run_limits& limits) {
    using left = host::kvm_guest::left;
    const auto end = steady::now() + limits.time;
    for (;;) {
        switch (vcpu_.run()) {
            case left::failed: return {guest_end::failed, "KVM_RUN: " + host::describe_errno(errno)};
            case left::interrupted:
                if (steady::now() >= end) return {guest_end::time_is_up, {}};
                continue;
            case left::for_user_space: break;
        }
        ++exits_;
        if (auto ended = answer(vcpu_.state())) return *ended;
        if (exits_ == limits.exits) return {guest_end::exits_are_up, {}};
    }
}

std::optional<guest_run::ending> guest_run::answer(kvm_run& state) {
    switch (state.exit_reason) {
        case KVM_EXIT_X86_RDMSR: answer_read(state); return std::nullopt;
        case KVM_EXIT_X86_WRMSR: answer_write(state); return std::nullopt;
        case KVM_EXIT_IO:
            switch (devices_.handle(state)) {
                case guest_devices::answer::done: return std::nullopt;
                case guest_devices::answer::unknown: return ending{guest_end::needs_device, missing_port(state)};
                case guest_devices::answer::ended: break;
            }
            return ending{devices_.exit_value() ? guest_end::exit_port : guest_end::shutdown_port, {}};
        case KVM_EXIT_HLT: return ending{guest_end::halted, {}};
        case KVM_EXIT_SHUTDOWN: return ending{guest_end::triple_fault, {}};
        case KVM_EXIT_MMIO: return ending{guest_end::needs_device, missing_memory(state)};
        default: return ending{guest_end::failed, host::exit_name(state)};
    }
}

void guest_run::answer_read(kvm_run& state) {
    const auto read = registers_.read(state.msr.index);
    state.msr.error = read ? 0 : 1;  // 1: KVM injects #GP(0)
    state.msr.data = read.value_or(0);
    note({msr::direction::read, state.msr.index, state.msr.data, !read});
}

void guest_run::answer_write(kvm_run& state) {
    const auto written = registers_.write(state.msr.index, state.msr.data);
    state.msr.error = written ? 0 : 1;
    auto& counts = note({msr::direction::write, state.msr.index, state.msr.data, !written});
    if (!registers_.is_unsettled()) return;
    vcpu_.complete();
    if (!registers_.settle()) ++counts.lost;
}

access_counts& guest_run::note(const observed_access& one) {
    auto& counts = tally_.count(one);
    if (vcpu_.state().msr.reason != KVM_MSR_EXIT_REASON_FILTER) ++unfiltered_;
    if (one.refused && counts.refused == 1) {
        counts.why = registers_.why_refused({.index = one.index, .direction = one.direction}, one.value);
        counts.refused_at = instruction_pointer();
    }
    if (trace_) trace_(one, instruction_pointer());
    return counts;
}

std::uint64_t guest_run::instruction_pointer() const {
    const auto general = vcpu_.general_registers();
    return general ? general->rip : 0;
}

}  // namespace tool
