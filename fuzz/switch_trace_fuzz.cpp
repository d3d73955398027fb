// Any text as a trace of switches, and as a kernel's: a mistake with its place, or totals in which no plan writes more
// than everything.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "msr/catalogue/built_in.hpp"
#include "msr/context/switch_plan/record.hpp"
#include "msr/context/switch_plan/simulate.hpp"

namespace {

namespace context = msr::context;
using context::switch_strategy;

void replay(std::string_view text) {
    const auto& facts = msr::catalogue::built_in();
    const auto trace = context::read_switch_trace(text, facts);
    if (!trace) {
        if (trace.error().line < 1 || trace.error().column < 1 || trace.error().message.empty()) std::abort();
        return;
    }
    const auto& cpu = facts.profiles[0];
    const context::trace_rules rules{*trace, {facts, cpu.cpuid, cpu.registers}, 0};
    const auto all = simulate(*trace, *rules, switch_strategy::all, {});
    const auto diff = simulate(*trace, *rules, switch_strategy::diff, {});
    const auto deferred = simulate(*trace, *rules, switch_strategy::deferred, {});
    if (!all || (diff && diff->writes > all->writes)) std::abort();
    // That there is no plan, is said with the event's line.
    if (!deferred && deferred.error().line < 1) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    replay(text);
    const auto recorded = context::record_switches(text, msr::catalogue::built_in(), "fuzz");
    // What the recorder writes, the reader takes; but for more registers than it has room for.
    if (recorded && !context::read_switch_trace(recorded->text, msr::catalogue::built_in()) &&
        recorded->writes <= context::most_traced_registers)
        std::abort();
    if (recorded) replay(recorded->text);
    return 0;
}
