// A trace of switches from what Linux's tracepoints said: sched:sched_switch and msr:write_msr, and where they were
// recorded too raw_syscalls:sys_enter and sys_exit.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "msr/catalogue/model.hpp"
#include "msr/context/mistake.hpp"

namespace msr::context {

struct recorded_switches {
    std::string text;            // of the trace (docs/switch-traces.md)
    std::uint64_t switches = 0;  // events that it was made from
    std::uint64_t writes = 0;
    std::uint64_t system_calls = 0;
    std::uint64_t refused = 0;  // writes that faulted, and are not in the trace
    std::uint64_t lost = 0;     // events that the kernel had no room for
};

/// `from` is the text of tracefs's file `trace`; events of other names are skipped. Writes that follow a switch at
/// once, of registers that switches exchange, are the next task's. Without system calls in it, every task but the idle
/// one is taken to return to user mode when it is switched to.
[[nodiscard]] std::expected<recorded_switches, mistake> record_switches(std::string_view from,
                                                                        const catalogue::tables& facts,
                                                                        std::string_view title);

}  // namespace msr::context
