// msr switch simulate: a trace of switches, replayed by each strategy.

#include <algorithm>

#include <fmt/format.h>

#include "msr/context/assumed_cycles.hpp"
#include "msr/host/files.hpp"
#include "tools/msr/choose.hpp"
#include "tools/msr/cpu_source.hpp"
#include "tools/msr/switch.hpp"
#include "tools/msr/values.hpp"

namespace tool {

namespace context = msr::context;

namespace {

using context::switch_event;

struct simulation_question {
    common_options common;
    std::string trace;
    std::string strategy;  // empty: all of them
    std::string costs;     // empty: assumed
    std::string xss = "0";
    std::string plot;
};

host::outcome<context::switch_trace> read_switches(const std::string& name, const catalogue::tables& facts) {
    const auto text = host::read_file(name, largest_switch_trace);
    if (!text) return host::bad_input(fmt::format("cannot read {}", name), host::describe_errno(text.error()));
    auto trace = context::read_switch_trace(*text, facts);
    if (trace && trace->events.empty())
        return host::bad_input(fmt::format("{} holds no trace", name), "nothing happens in it");
    if (trace) return std::move(*trace);
    const auto& wrong = trace.error();
    return host::bad_input(fmt::format("{}, line {}, column {}: {}", name, wrong.line, wrong.column, wrong.message));
}

// What msr cost --json --write measured: the medians of WRMSR, on the file's first CPU.
host::outcome<context::write_costs> read_write_costs(const std::string& name) {
    context::write_costs result{.source = name};
    if (name.empty()) return result;
    const auto text = host::read_file(name, largest_switch_trace);
    if (!text) return host::bad_input(fmt::format("cannot read {}", name), host::describe_errno(text.error()));
    const auto wrong = [&](std::string_view why) {
        return host::bad_input(fmt::format("{} holds no costs of writes", name), std::string{why},
                               "make it by: msr cost --json --write");
    };
    const auto document = json::parse(*text, nullptr, false);
    if (document.is_discarded()) return wrong("it is no JSON");
    try {
        for (const auto& one : document.at("cpus").at(0).at("registers")) {
            if (!one.contains("write")) continue;
            const auto address = parse_value(one.at("address").get<std::string>());
            const auto cycles = one.at("write").at("median").get<double>();
            if (!address || *address > 0xFFFFFFFF || !(cycles >= 0))
                return wrong("an address or a median is no number");
            result.measured[static_cast<std::uint32_t>(*address)] = cycles;
        }
    } catch (const json::exception&) {
        return wrong("it is not what msr cost prints");
    }
    if (result.measured.empty()) return wrong("nothing was written when it was made");
    return result;
}

struct event_counts {
    std::uint64_t switches = 0, loads = 0, user_returns = 0, system_calls = 0, writes = 0;
};

event_counts count_events(const context::switch_trace& trace) {
    event_counts result;
    for (const auto& one : trace.events) {
        result.switches += one.what == switch_event::switch_to ? 1 : 0;
        result.loads += one.what == switch_event::load ? 1 : 0;
        result.user_returns += one.what == switch_event::user || one.what == switch_event::exit ? 1 : 0;
        result.system_calls += one.what == switch_event::enter ? 1 : 0;
        result.writes += one.what == switch_event::write ? one.registers.size() : 0;
    }
    return result;
}

struct simulated {
    const simulation_question& asked;
    context::switch_trace trace;
    event_counts counts;
    context::write_costs costs;
    std::vector<std::uint32_t> unknown;
    std::vector<context::switch_totals> all;

    // A guest that is loaded is a switch, too.
    [[nodiscard]] double switches() const {
        return static_cast<double>(std::max<std::uint64_t>(1, counts.switches + counts.loads));
    }
};

std::string assumed_costs() {
    namespace cycles = context::assumed_cycles;
    return fmt::format(
        "assumed: WRMSR {} where it serialises and {} where not, WRMSRNS {}, WRMSRLIST {} and {} a register",
        cycles::wrmsr_serialising, cycles::wrmsr, cycles::wrmsrns, cycles::wrmsrlist, cycles::wrmsrlist_each);
}

void print_simulation(const simulated& it) {
    const auto& counts = it.counts;
    fmt::print(
        "{}{}{}: {} switches, {} loads of guests, {} returns to user mode, {} system calls, {} writes by "
        "themselves\n",
        it.asked.trace, it.trace.recorded.empty() ? "" : ": ", it.trace.recorded, counts.switches, counts.loads,
        counts.user_returns, counts.system_calls, counts.writes);
    if (!it.costs.measured.empty())
        fmt::print("cycles measured: WRMSR of {} registers, in {}; the others\n", it.costs.measured.size(),
                   it.costs.source);
    fmt::print("cycles {}\n", assumed_costs());
    for (const auto address : it.unknown)
        fmt::print("{}: not in the catalogue for this CPU, and taken to serialise\n", hex(address));
    fmt::print("\n{:<10} {:>10} {:>12} {:>14} {:>9} {:>12} {:>10} {:>12} {:>12} {:>10}\n", "strategy", "writes",
               "serialising", "cycles", "a switch", "in switches", "of guests", "user return", "system calls",
               "others");
    for (const auto& one : it.all) {
        fmt::print("{:<10} {:>10} {:>12} {:>14.0f} {:>9.2f} {:>12} {:>10} {:>12} {:>12} {:>10}\n",
                   std::string_view{to_string(one.how)}, one.writes, one.serialising, one.cycles,
                   static_cast<double>(one.writes) / it.switches(), one.by_cause[0], one.by_cause[1], one.by_cause[2],
                   one.by_cause[3], one.by_cause[4]);
    }
}

json simulation_json(const simulated& it) {
    auto strategies = json::array();
    for (const auto& one : it.all) {
        json causes;
        for (std::size_t at = 0; at < context::write_causes; ++at)
            causes[str(to_string(static_cast<context::write_cause>(at)))] = one.by_cause[at];
        strategies.push_back({{"strategy", str(to_string(one.how))},
                              {"writes", one.writes},
                              {"serialising", one.serialising},
                              {"cycles", one.cycles},
                              {"writes_per_switch", static_cast<double>(one.writes) / it.switches()},
                              {"writes_by_cause", std::move(causes)}});
    }
    auto measured = json::object();
    for (const auto& [address, cycles] : it.costs.measured)
        measured[hex(address)] = cycles;
    auto unknown = json::array();
    for (const auto address : it.unknown)
        unknown.push_back(hex(address));
    const auto& counts = it.counts;
    return {{"trace", it.asked.trace},
            {"recorded", it.trace.recorded.empty() ? json(nullptr) : json(it.trace.recorded)},
            {"events",
             {{"switches", counts.switches},
              {"loads", counts.loads},
              {"user_returns", counts.user_returns},
              {"system_calls", counts.system_calls},
              {"writes", counts.writes}}},
            {"costs", {{"assumed", assumed_costs()}, {"measured_in", it.costs.source}, {"measured", measured}}},
            {"not_in_catalogue", std::move(unknown)},
            {"strategies", std::move(strategies)}};
}

bool is_wanted(context::switch_strategy how, const simulated& it) {
    if (how == context::switch_strategy::recorded && it.trace.recorded.empty()) return false;
    return it.asked.strategy.empty() || to_string(how) == it.asked.strategy;
}

exit_code simulate_trace(const simulation_question& asked) {
    const auto known = facts::load(asked.common.catalogue);
    if (!known) return fail(to_exit_code(known.error().kind), known.error().line());
    auto trace = read_switches(asked.trace, **known);
    if (!trace) return fail(to_exit_code(trace.error().kind), trace.error().line());
    const auto cpu = find_cpu(**known, asked.common);
    if (!cpu) return fail(to_exit_code(cpu.error().kind), cpu.error().line());
    auto costs = read_write_costs(asked.costs);
    if (!costs) return fail(to_exit_code(costs.error().kind), costs.error().line());
    const auto xss = parse_xss(asked.xss);
    if (!xss) return fail(to_exit_code(xss.error().kind), xss.error().line());
    const context::trace_rules rules{*trace, profile::profile{**known, cpu->cpuid, cpu->registers}, *xss};
    simulated it{asked, std::move(*trace), {}, std::move(*costs), rules.unknown(), {}};
    it.counts = count_events(it.trace);
    for (std::size_t at = 0; at < context::switch_strategies; ++at) {
        const auto how = static_cast<context::switch_strategy>(at);
        if (!is_wanted(how, it)) continue;
        const auto totals = simulate(it.trace, *rules, how, it.costs);
        if (!totals) {
            return fail(finding, fmt::format("{}, line {}, column {}: {}", asked.trace, totals.error().line,
                                             totals.error().column, totals.error().message));
        }
        it.all.push_back(*totals);
    }
    if (it.all.empty())
        return fail(bad_usage, fmt::format("{} was not recorded: it does not say what was written", asked.trace));
    if (!asked.plot.empty()) {
        const auto written = host::replace_file(asked.plot, switch_plot(asked.trace, it.all, it.switches()));
        if (!written) return fail(to_exit_code(written.error().kind), written.error().line());
    }
    if (asked.common.json)
        print(simulation_json(it));
    else
        print_simulation(it);
    return done;
}

}  // namespace

exit_code switch_simulate(int argc, char** argv) {
    simulation_question asked;
    CLI::App app{
        "Replays a trace of switches, and counts what each strategy writes: all of a set, what differs, or what "
        "differs with what user mode alone needs as late as at the return there",
        "switch simulate"};
    add_json(app, asked.common);
    add_catalogue(app, asked.common);
    add_profile(app, asked.common);
    app.add_option("--strategy", asked.strategy, "recorded, all, diff or deferred (each that there is)")
        ->check(CLI::IsMember({"recorded", "all", "diff", "deferred"}));
    app.add_option("--costs", asked.costs, "Measured costs of writes: a file that msr cost --json --write printed");
    app.add_option("--xss", asked.xss, "What the system has in IA32_XSS: what XSAVES switches is left to it");
    app.add_option("--plot", asked.plot, "Also write a plot of the writes per switch to this file, as SVG");
    app.add_option("TRACE", asked.trace, "A trace, as msr switch record makes them")->required();
    return parse_and_run(app, argc, argv, [&] { return simulate_trace(asked); });
}

}  // namespace tool
