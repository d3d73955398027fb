// msr switch: what a switch of tasks or guests has to write.

#include "tools/msr/switch.hpp"

#include <fmt/format.h>

#include "tools/msr/choose.hpp"
#include "tools/msr/cpu_source.hpp"
#include "tools/msr/refusal.hpp"
#include "tools/msr/values.hpp"
#include "tools/msr/verbs.hpp"
#include "tools/msr/write_check.hpp"

namespace tool {

namespace context = msr::context;

namespace {

struct plan_question {
    common_options common;
    std::string from;
    std::string to;
    std::string xss = "0";
};

// REGISTER=VALUE,REGISTER=VALUE, as a trace has it.
host::outcome<context::register_values> parse_register_set(const std::string& words, const catalogue::tables& facts) {
    constexpr std::string_view form = "as IA32_FS_BASE=0x7f0000001000,IA32_TSC_AUX=1";
    if (words.find('\n') != std::string::npos)
        return host::bad_input("a register set is one line", "there is a line feed in it", std::string{form});
    const auto read = context::read_switch_trace("task set " + words, facts);
    if (read) return read->tasks.front().registers;
    return host::bad_input(fmt::format("`{}` is no register set", words.substr(0, 80)), read.error().message,
                           std::string{form});
}

struct planned_switch {
    std::vector<context::switch_rule> rows;
    std::vector<context::planned_write> writes;
    context::switch_rules rules;
    context::register_plan plan;
};

struct plan_refusal {
    exit_code code;
    std::string line;
};

std::string called(const catalogue::tables& facts, std::uint32_t address) {
    const auto found = catalogue::at_address(facts, address);
    return found.empty() ? fmt::format("register {}", hex(address))
                         : catalogue::name_of(*found.front().entry, found.front().member);
}

plan_refusal no_plan(const catalogue::tables& facts, const context::switch_objection& why) {
    return {why.why == context::switch_objection::cause::paging ? finding : bad_usage,
            fmt::format("no plan for {}: {}", called(facts, why.address), std::string_view{to_string(why.why)})};
}

// Whether the CPU would take a value where another is; where that is not known, only what no other allows is refused.
std::optional<plan_refusal> objection_to(const profile::profile& cpu, const context::switch_rule& rule,
                                         const context::planned_write& write, const context::register_values& from) {
    const auto& entry = *rule.entry;
    const auto member = entry.stride == 0 ? 0 : (write.address - entry.address) / entry.stride;
    const auto* const held = context::find_register(from, write.address);
    const auto answer =
        check_write({&entry, member}, cpu, held != nullptr ? held->value : write.value, write.value, nullptr, 0);
    if (!answer.faults()) return std::nullopt;
    return plan_refusal{finding,
                        fmt::format("no plan: {}", reason(answer, write.value, catalogue::name_of(entry, member)))};
}

std::expected<planned_switch, plan_refusal> make_switch_plan(const profile::profile& cpu,
                                                             const context::register_values& from,
                                                             const context::register_values& to, std::uint64_t xss) {
    std::vector<std::uint32_t> addresses;
    for (const auto& one : to)
        addresses.push_back(one.address);
    planned_switch result{
        std::vector<context::switch_rule>(to.size()), std::vector<context::planned_write>(to.size()), {}, {}};
    const auto rules = context::make_switch_rules(cpu, addresses, xss, {result.rows.data(), result.rows.size()});
    if (!rules) return std::unexpected{no_plan(cpu.facts(), rules.error())};
    result.rules = *rules;
    const auto plan = make_register_plan({from}, {to}, *rules, {result.writes.data(), result.writes.size()});
    if (!plan) return std::unexpected{no_plan(cpu.facts(), plan.error())};
    result.plan = *plan;
    for (const auto& writes : {plan->now, plan->late}) {
        for (const auto& one : writes) {
            if (auto refused = objection_to(cpu, *rules->find(one.address), one, from))
                return std::unexpected{std::move(*refused)};
        }
    }
    return result;
}

json switch_plan_json(const planned_switch& made, msr::view<context::planned_write> writes) {
    auto result = json::array();
    for (const auto& one : writes) {
        result.push_back({{"name", name_of(made.rules, one.address)},
                          {"address", hex(one.address)},
                          {"value", hex(one.value)},
                          {"by", str(to_string(one.by))},
                          {"serialises", one.serialises}});
    }
    return result;
}

void print_switch_plan(const planned_switch& made, msr::view<context::planned_write> writes, std::string_view when) {
    for (const auto& one : writes) {
        fmt::print("{:<12} {:<10} {:<28} {}{}\n", when, std::string_view{to_string(one.by)},
                   name_of(made.rules, one.address), hex(one.value), one.serialises ? "  serialises" : "");
    }
}

exit_code show_switch_plan(const plan_question& asked) {
    const auto known = facts::load(asked.common.catalogue);
    if (!known) return fail(to_exit_code(known.error().kind), known.error().line());
    const auto cpu = find_cpu(**known, asked.common);
    if (!cpu) return fail(to_exit_code(cpu.error().kind), cpu.error().line());
    const auto from = parse_register_set(asked.from, **known);
    if (!from) return fail(to_exit_code(from.error().kind), from.error().line());
    const auto to = parse_register_set(asked.to, **known);
    if (!to) return fail(to_exit_code(to.error().kind), to.error().line());
    const auto xss = parse_xss(asked.xss);
    if (!xss) return fail(to_exit_code(xss.error().kind), xss.error().line());
    const auto made = make_switch_plan(profile::profile{**known, cpu->cpuid, cpu->registers}, *from, *to, *xss);
    if (!made) return fail(made.error().code, made.error().line);
    const auto cycles = assumed_cycles_of(made->plan.now) + assumed_cycles_of(made->plan.late);
    if (asked.common.json) {
        print(json{{"now", switch_plan_json(*made, made->plan.now)},
                   {"late", switch_plan_json(*made, made->plan.late)},
                   {"assumed_cycles", cycles}});
        return done;
    }
    print_switch_plan(*made, made->plan.now, "now");
    print_switch_plan(*made, made->plan.late, "user return");
    fmt::print("{} writes of {} registers; about {} cycles, by assumed costs\n",
               made->plan.now.size() + made->plan.late.size(), to->size(), cycles);
    return done;
}

}  // namespace

host::outcome<std::uint64_t> parse_xss(const std::string& words) {
    return parse_value(words);
}

exit_code switch_plan(int argc, char** argv) {
    plan_question asked;
    CLI::App app{
        "Plans the writes that take a CPU from one register set to another: which, in which order, by which "
        "instruction, and which can wait for the return to user mode",
        "switch plan"};
    add_json(app, asked.common);
    add_catalogue(app, asked.common);
    add_profile(app, asked.common);
    app.add_option("--xss", asked.xss, "What the system has in IA32_XSS: what XSAVES switches is left to it");
    app.add_option("--from", asked.from, "What the CPU holds: REGISTER=VALUE,REGISTER=VALUE");
    app.add_option("--to", asked.to, "What it is to hold")->required();
    return parse_and_run(app, argc, argv, [&] { return show_switch_plan(asked); });
}

exit_code switch_verb(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    if (what == "plan") return switch_plan(argc - 1, argv + 1);
    if (what == "record") return switch_record(argc - 1, argv + 1);
    if (what == "simulate") return switch_simulate(argc - 1, argv + 1);
    CLI::App app{
        "What a switch of tasks or guests has to write: switch plan: from one register set to another; switch "
        "simulate: "
        "what a trace of switches costs, by strategy; switch record: makes a trace from Linux's tracepoints",
        "switch"};
    common_options options;
    std::string word;
    add_json(app, options);
    app.add_option("WHAT", word, "plan, record or simulate")
        ->check(CLI::IsMember({"plan", "record", "simulate"}))
        ->required();
    return parse_and_run(app, argc, argv, [] { return done; });
}

}  // namespace tool
