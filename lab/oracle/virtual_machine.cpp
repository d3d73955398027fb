#include "lab/oracle/virtual_machine.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "lab/image/ports.hpp"
#include "lab/oracle/cases.hpp"

namespace msr::oracle {
namespace {

// A guest that has not come to another case for so many seconds hangs.
constexpr unsigned most_idle_ticks = 5;
// A guest that leaves so often in one batch without ringing will not stop doing so.
constexpr std::size_t most_strange_exits = 1000;

}  // namespace

host::outcome<virtual_machine> virtual_machine::create(const settings& wanted) {
    auto guest = host::kvm_guest::create(
        {.memory = header().memory_end, .irqchip = wanted.irqchip, .cstates = wanted.cstates, .cpuid = wanted.cpuid});
    if (!guest) return std::unexpected{guest.error()};
    if (const auto asked = guest->ask_about_registers(wanted.asked_reasons); !asked)
        return std::unexpected{asked.error()};
    virtual_machine made{std::move(*guest)};
    const auto entered = made.guest_.enter({.entry = header().long_mode_entry, .page_tables = header().page_tables});
    if (!entered) return std::unexpected{entered.error()};
    host::kvm_guest::interrupt_each(std::chrono::seconds{1});
    return made;
}

virtual_machine::virtual_machine(host::kvm_guest guest)
    : guest_{std::move(guest)},
      image_{guest_.memory().subspan(header().load_address),
             guest_.memory().subspan(header().table, header().table_end - header().table)} {}

bool virtual_machine::rings() const {
    const auto& state = guest_.state();
    return state.exit_reason == KVM_EXIT_IO && state.io.port == lab::console_port &&
           state.io.direction == KVM_EXIT_IO_OUT;
}

std::size_t virtual_machine::current_case() {
    return std::min<std::size_t>(image_.mailbox().next, cases_);
}

bool virtual_machine::makes_progress() {
    const auto now = current_case();
    idle_ticks_ = now == std::exchange(case_at_last_tick_, now) ? idle_ticks_ + 1 : 0;
    return idle_ticks_ < most_idle_ticks;
}

std::optional<std::string> virtual_machine::run(std::uint32_t cases) {
    auto& mailbox = image_.mailbox();
    cases_ = cases;
    mailbox.count = cases;
    mailbox.next = 0;
    idle_ticks_ = 0;
    if (auto died = run_on()) return died;
    if (mailbox.event.vector != unexpected_event::none) return describe(mailbox.event);
    if (mailbox.next != cases || mailbox.count != cases) return "the guest's memory was written over";
    return std::nullopt;
}

// Until the guest rings the doorbell.
std::optional<std::string> virtual_machine::run_on() {
    using left = host::kvm_guest::left;
    for (;;) {
        switch (guest_.run()) {
            case left::for_user_space: break;
            case left::failed: return "KVM_RUN: " + host::describe_errno(errno);
            case left::interrupted:
                if (!makes_progress()) return "it hangs";
                continue;
        }
        if (rings()) return std::nullopt;
        auto name = host::exit_name(guest_.state());
        switch (guest_.state().exit_reason) {
            case KVM_EXIT_X86_RDMSR:
            case KVM_EXIT_X86_WRMSR: let_fault(); continue;
            case KVM_EXIT_SHUTDOWN:
            case KVM_EXIT_FAIL_ENTRY:
            case KVM_EXIT_INTERNAL_ERROR: return name;
            default: strange_exits_.push_back({current_case(), name});
        }
        if (strange_exits_.size() == most_strange_exits) return name + ", again and again";
    }
}

void virtual_machine::let_fault() {
    auto& state = guest_.state();
    const auto access = state.exit_reason == KVM_EXIT_X86_RDMSR ? direction::read : direction::write;
    asked_.push_back({current_case(), access, state.msr.index, state.msr.reason});
    state.msr.error = 1;
}

}  // namespace msr::oracle
