#include "lab/ring0/hypervisor.hpp"

#include "lab/oracle/try_on.hpp"
#include "msr/core/access.hpp"

namespace msr::ring0 {
namespace {

constexpr std::uint32_t backed[]{ia32_efer::address, ia32_pat::address};
constexpr std::uint64_t low_half = 0xFFFF'FFFF;

void count_exit() {
    const auto& report = guest_shared.report;
    if (report.trying) ++guest_shared.cases[report.current].exits;
}

}  // namespace

// What moves by itself is passed for reads only.
host_registers::host_registers() {
    for (const auto& one : policy()) {
        if (one.allowed == virt::accesses::both) add(one.index);
    }
    add(ia32_efer::address);
    add(ia32_pat::address);
}

void host_registers::add(std::uint32_t address) {
    registers_[count_++] = {address, value_of(address)};
}

std::optional<std::uint32_t> host_registers::changed() const {
    for (const auto& one : view<profile::known_register>{registers_, count_}) {
        if (value_of(one.address) != one.value) return one.address;
    }
    return std::nullopt;
}

void virtual_cpu::start(const description& shown, virt::backing elsewhere) {
    shown_ = &shown;
    engine_.start(shown, {}, backed, elsewhere);
}

bool virtual_cpu::on_rdmsr(general_registers& general) {
    count_exit();
    const auto value = registers().read(static_cast<std::uint32_t>(general.rcx));
    if (!value) return false;
    general.rax = *value & low_half;
    general.rdx = *value >> 32;
    return true;
}

bool virtual_cpu::on_wrmsr(const general_registers& general) {
    count_exit();
    const auto value = general.rdx << 32 | (general.rax & low_half);
    return registers().write(static_cast<std::uint32_t>(general.rcx), value).has_value();
}

void virtual_cpu::on_cpuid(general_registers& general) const {
    const auto answer = shown_->cpuid(static_cast<std::uint32_t>(general.rax), static_cast<std::uint32_t>(general.rcx));
    general.rax = answer.eax;
    general.rbx = answer.ebx;
    general.rcx = answer.ecx;
    general.rdx = answer.edx;
}

namespace {

using oracle::exchange;
using oracle::step;

/// What a guest's accesses find: its own registers where they exit, the CPU's where they do not.
struct expected_bus {
    bool (*intercepts)(const void* map, std::uint32_t index, direction access);
    const void* map;
    virt::guest& own;
    virt::guest& hardware;
    std::uint32_t exits = 0;

    virt::guest& behind(std::uint32_t index, direction access) {
        const bool exiting = intercepts(map, index, access);
        if (exiting) ++exits;
        // What the guest reads itself and does not write itself, the hypervisor has put there for it.
        return exiting || intercepts(map, index, direction::write) ? own : hardware;
    }
    result<std::uint64_t> read(std::uint32_t index) { return behind(index, direction::read).read(index); }
    result<void> write(std::uint32_t index, std::uint64_t value) {
        return behind(index, direction::write).write(index, value);
    }
};

text word(step one) {
    switch (one) {
        case step::done: return "ok";
        case step::refused: return "#GP";
        case step::left_out: return "-";
        case step::pending: break;
    }
    return "not tried";
}

bool same_outcome(const exchange& one, const exchange& other) {
    return one.first_read == other.first_read && one.write == other.write && one.second_read == other.second_read &&
           one.restore == other.restore && (one.second_read != step::done || one.new_value == other.new_value);
}

void check_case(const guest_case& tried, expected_bus& bus, bool judges) {
    auto expected = exchange{.address = tried.access.address, .value = tried.access.value};
    bus.exits = 0;
    oracle::try_on(bus, expected);
    // Without the hardware's faults more accesses succeed, and are followed by others.
    const bool wholly_ours = bus.intercepts(bus.map, expected.address, direction::read) &&
                             bus.intercepts(bus.map, expected.address, direction::write);
    const bool same = same_outcome(tried.access, expected) && tried.exits == bus.exits;
    if (!same && !judges && !wholly_ours)
        return skip(tried.register_name, "recorded, not judged: ", tried.what, ": RDMSR ",
                    word(tried.access.first_read), ", WRMSR ", word(tried.access.write), ", predicted ",
                    word(expected.first_read), ", ", word(expected.write));
    check(same, tried.register_name, ", ", tried.what, ": RDMSR ", word(tried.access.first_read), ", WRMSR ",
          word(tried.access.write), ", then ", hex{tried.access.new_value}, "; ", tried.exits, " exits, predicted ",
          word(expected.first_read), ", ", word(expected.write), ", ", hex{expected.new_value}, "; ", bus.exits);
}

void check_worlds(const host_registers& before) {
    const auto& report = guest_shared.report;
    check(report.kernel_gs_after_exit == guest_kernel_gs,
          "the guest's KERNEL_GS_BASE outlives an exit: ", hex{report.kernel_gs_after_exit});
    check(report.gs_after_swap_and_exit == guest_kernel_gs,
          "and what its SWAPGS brought to GS too: ", hex{report.gs_after_swap_and_exit});
    check(report.system_calls == 1, "SYSCALL arrives at the guest's own LSTAR: ", report.system_calls);
    check(report.pat_seen == ia32_pat::at_reset().pa(1, memory_type_pat::wc).raw(),
          "the guest runs with its own PAT: ", hex{report.pat_seen});
    const auto changed = before.changed();
    if (changed) note("not ", hex{*changed}, ": ", hex{value_of(*changed)});
    check(!changed, "the hypervisor has its own registers again, all ", before.count());
}

}  // namespace

void detail::check_guest(bool (*intercepts)(const void* map, std::uint32_t index, direction access), const void* map,
                         const expectation& expected) {
    static engine own;  // a second guest, that nothing happened to
    own.start(expected.shown);
    const auto efer = ia32_efer::from_raw(value_of(ia32_efer::address));
    own.hold(ia32_efer::address, efer.svme(false).raw());
    expected_bus bus{intercepts, map, own.registers(), expected.hardware.registers()};
    for (std::size_t at = 0; at < guest_shared.count; ++at)
        check_case(guest_shared.cases[at], bus, expected.judges);
    check_worlds(expected.before);
}

void note_costs() {
    const auto& report = guest_shared.report;
    note("cost in the guest, cycles: least / median / 99th percentile");
    note("RDMSR that passes ", report.passed_read, ", RDMSR that exits ", report.exiting_read, ", WRMSR that exits ",
         report.exiting_write, ", CPUID, which exits ", report.cpuid);
}

}  // namespace msr::ring0
