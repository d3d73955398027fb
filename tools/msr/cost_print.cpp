#include "tools/msr/cost_print.hpp"

#include <fmt/format.h>

namespace tool {

namespace {

constexpr std::string_view virtual_notice =
    "a virtual CPU: these are the cycles of a hypervisor or an emulator, and say nothing of what a CPU takes";
constexpr std::string_view unsteady_notice =
    "the time-stamp counter is not invariant here: it may change its rate with the CPU's, and ns are then not right";

std::string number(std::optional<double> value) {
    return value ? fmt::format("{:.0f}", *value) : "-";
}

std::optional<double> median_of(const std::optional<host::spread>& one) {
    return one ? std::optional{one->median} : std::nullopt;
}

std::optional<double> share(double part, std::optional<double> whole) {
    return whole && *whole > 0 ? std::optional{part / *whole} : std::nullopt;
}

std::string percent(const std::string& most, std::optional<double> part) {
    return part ? most + fmt::format("{:.3g}%", 100 * *part) : "-";
}

// One line of the table of registers; a column that does not apply holds "-".
void print_access(const cost_report& report, const measured_cpu& on, const std::string& name, std::string_view access,
                  const host::spread& value, const host::call_cost* other, std::optional<double> alone) {
    const auto part = alone.value_or(value.median);
    const std::string most = alone ? "" : "<=";
    const auto interrupt = other != nullptr ? host::difference(other->value, value) : std::nullopt;
    const auto from_other = other != nullptr ? std::optional{other->value.median} : std::nullopt;
    fmt::print("  {:<28} {:<6} {:>7.0f} {:>7.0f} {:>8.0f} {:>8.0f} {:>9} {:>9} {:>9} {:>11} {:>9}\n", name, access,
               value.least, value.median, value.percentile_99, value.median / report.cycles_per_ns, number(from_other),
               number(interrupt), most + number(part), percent(most, share(part, median_of(on.system_call))),
               percent(most, share(part, on.context_switch)));
}

void print_registers(const cost_report& report, const measured_cpu& on, const host::machine& machine) {
    const auto from = on.other ? fmt::format("by CPU {}", *on.other) : "by another";
    fmt::print("  {:<28} {:<6} {:>7} {:>7} {:>8} {:>8} {:>9} {:>9} {:>9} {:>11} {:>9}\n", "a value more in a call", "",
               "min", "median", "p99", "ns", from, "interrupt", "alone", "system call", "switch");
    for (const auto& one : on.registers) {
        if (!one.read) {
            fmt::print("  {:<28} {}\n", one.name, machine.explain(one.read.error()).line());
            continue;
        }
        const auto& [own, other] = *one.read;
        print_access(report, on, one.name, "RDMSR", own.value, other ? &*other : nullptr,
                     without_driver(own.value, on));
        if (one.write && *one.write)
            print_access(report, on, one.name, "WRMSR", (*one.write)->value, nullptr, std::nullopt);
        if (one.write && !*one.write)
            fmt::print("  {:<28} WRMSR  {}\n", one.name, machine.explain(one.write->error()).line());
        if (!one.why_not_written.empty()) fmt::print("  {:<28} WRMSR  not made: {}\n", one.name, one.why_not_written);
    }
}

void print_share(const cost_report& report, std::string_view what, std::optional<double> cycles,
                 std::string_view otherwise) {
    if (!cycles) {
        fmt::print("  {:<44} {}\n", what, otherwise);
        return;
    }
    fmt::print("  {:<44} {:>8.0f} cycles {:>8.0f} ns\n", what, *cycles, *cycles / report.cycles_per_ns);
}

void print_cpu(const cost_report& report, const measured_cpu& on, const host::machine& machine) {
    fmt::print("\nCPU {}\n", on.number);
    if (on.is_virtual) fmt::print("  {}\n", virtual_notice);
    if (!on.has_steady_clock) fmt::print("  {}\n", unsteady_notice);
    print_share(report, "a system call (getppid)", median_of(on.system_call), "could not be measured");
    print_share(report, "a switch between two processes", on.context_switch, "could not be told from chance");
    print_share(report, "the driver: a call", on.call_share(), "");
    print_share(report, "the driver: a value, besides the instruction", on.driver_share,
                "not known: it takes the cpuid driver (modprobe cpuid), and less scatter");
    print_registers(report, on, machine);
}

constexpr std::string_view legend = R"(
min, median, p99, ns  one more value in a call, on its own CPU: the instruction and the driver's work for it
by CPU, interrupt     the same from another CPU (median), and what is the interrupt's and the waking's share of it
alone                 the median without the driver's share, which is measured around CPUID; <= where that is not known
system call, switch   what one such access adds to a system call, or to a switch of processes
cycles are the time-stamp counter's; - is what could not be measured, or not be told from chance
)";

json spread_json(const host::spread& one, double cycles_per_ns) {
    return {{"min", one.least}, {"median", one.median}, {"p99", one.percentile_99}, {"ns", one.median / cycles_per_ns}};
}

json or_null(std::optional<double> value) {
    return value ? json(*value) : json(nullptr);
}

json access_json(const cost_report& report, const measured_cpu& on, const host::call_cost& own,
                 std::optional<double> alone) {
    const auto part = alone.value_or(own.value.median);
    auto result = spread_json(own.value, report.cycles_per_ns);
    result["alone"] = or_null(alone);
    result["of_system_call"] = or_null(share(part, median_of(on.system_call)));
    result["of_context_switch"] = or_null(share(part, on.context_switch));
    return result;
}

json fault_json(const msr::fault& problem, const host::machine& machine) {
    return {{"cause", cause_word(problem.cause)}, {"message", machine.explain(problem).line()}};
}

json register_json(const cost_report& report, const measured_cpu& on, const measured_register& one,
                   const host::machine& machine) {
    json result{{"name", one.name}, {"address", hex(one.address)}};
    if (!one.read) {
        result["error"] = fault_json(one.read.error(), machine);
        return result;
    }
    const auto& [own, other] = *one.read;
    result["read"] = access_json(report, on, own, without_driver(own.value, on));
    result["read"]["call"] = spread_json(own.call, report.cycles_per_ns);
    result["read"]["from_other"] = other ? spread_json(other->value, report.cycles_per_ns) : json(nullptr);
    result["read"]["interrupt"] = or_null(other ? host::difference(other->value, own.value) : std::nullopt);
    if (one.write && *one.write) result["write"] = access_json(report, on, **one.write, std::nullopt);
    if (one.write && !*one.write) result["write_error"] = fault_json(one.write->error(), machine);
    if (!one.why_not_written.empty()) result["not_written"] = one.why_not_written;
    return result;
}

}  // namespace

double measured_cpu::call_share() const {
    std::vector<double> entries;
    for (const auto& one : registers) {
        if (one.read) entries.push_back(one.read->own.entry());
    }
    return host::spread_of(std::move(entries)).median;
}

std::optional<double> without_driver(const host::spread& value, const measured_cpu& on) {
    return on.driver_share ? host::difference(value, *on.driver_share) : std::nullopt;
}

void print_cost(const cost_report& report, const host::machine& machine) {
    fmt::print("{}; {:.3f} cycles a ns; {} calls of 1 and of {} values\n", report.source, report.cycles_per_ns,
               report.runs, report.values);
    for (const auto& one : report.cpus)
        print_cpu(report, one, machine);
    fmt::print("{}", legend);
    if (report.writes) fmt::print("a write by the driver marks the kernel as tainted, until it is started again\n");
}

json cost_json(const cost_report& report, const host::machine& machine) {
    auto cpus = json::array();
    for (const auto& on : report.cpus) {
        auto registers = json::array();
        for (const auto& one : on.registers)
            registers.push_back(register_json(report, on, one, machine));
        cpus.push_back(
            {{"cpu", on.number},
             {"other_cpu", on.other ? json(*on.other) : json(nullptr)},
             {"virtual_cpu", on.is_virtual},
             {"invariant_tsc", on.has_steady_clock},
             {"system_call", on.system_call ? spread_json(*on.system_call, report.cycles_per_ns) : json(nullptr)},
             {"context_switch", or_null(on.context_switch)},
             {"driver", {{"call", on.call_share()}, {"value", or_null(on.driver_share)}}},
             {"registers", std::move(registers)}});
    }
    return {{"source", report.source},
            {"tsc_hz", report.cycles_per_ns * 1e9},
            {"runs", report.runs},
            {"values", report.values},
            {"cpus", std::move(cpus)}};
}

}  // namespace tool
