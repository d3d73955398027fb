// msr switch: what a switch of tasks or guests has to write.

#include "tools/msr/switch.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "msr/registers/ia32_fs_base.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "tools/msr/choose.hpp"
#include "tools/msr/cpu_source.hpp"
#include "tools/msr/refusal.hpp"
#include "tools/msr/user_bases.hpp"
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

// What a task or a guest has, as it was named.
struct named_set {
    context::register_values registers;
    std::optional<std::uint16_t> fs;
    std::optional<std::uint16_t> gs;

    [[nodiscard]] context::register_set view() const { return {registers, fs, gs}; }
};

// What separates words in a trace.
constexpr std::string_view separators = ", \t";

host::error no_register_set(const std::string& words, std::string why) {
    return {host::error_kind::bad_input, fmt::format("`{}` is no register set", words.substr(0, 80)), std::move(why),
            "as IA32_FS_BASE=0x7f0000001000,IA32_TSC_AUX=1, or fs=0x33:0x7f0000001000,IA32_TSC_AUX=1"};
}

// fs=SELECTOR:BASE or gs=SELECTOR:BASE. While the kernel runs, a task's base of GS is the inactive one.
host::outcome<void> add_segment(named_set& to, std::string_view word, unsigned linear_width) {
    const bool is_fs = word.front() == 'f';
    auto& selector = is_fs ? to.fs : to.gs;
    const auto given = parse_user_bases(word, linear_width);
    if (!given) return std::unexpected{given.error()};
    const auto address = is_fs ? msr::ia32_fs_base::address : msr::ia32_kernel_gs_base::address;
    if (context::find_register(to.registers, address) != nullptr)
        return host::bad_input(fmt::format("`{}` gives the base of {} twice", word, is_fs ? "FS" : "GS"),
                               "IA32_FS_BASE and IA32_KERNEL_GS_BASE are these bases", "name each once");
    selector = is_fs ? given->fs : given->gs;
    context::assign(to.registers, {{address, is_fs ? given->fs_base : given->gs_base}});
    return {};
}

// REGISTER=VALUE,REGISTER=VALUE, as a trace has it; among them a task's segments.
host::outcome<named_set> parse_register_set(const std::string& words, const profile::profile& cpu) {
    // A trace's line ends there, and what follows would be left out.
    if (words.find_first_of("\n#") != std::string::npos)
        return host::bad_input("a register set is one line without a comment", "there is a line feed or a # in it",
                               "leave it out");
    std::string registers;
    std::vector<std::string_view> segments;
    for (std::size_t at = 0; at < words.size();) {
        const auto end = std::min(words.find_first_of(separators, at), words.size());
        const auto word = std::string_view{words}.substr(at, end - at);
        at = end + 1;
        if (word.starts_with("fs=") || word.starts_with("gs="))
            segments.push_back(word);
        else
            (registers += ' ') += word;
    }
    const auto read = context::read_switch_trace("task set" + registers, cpu.facts());
    if (!read) return std::unexpected{no_register_set(words, read.error().message)};
    named_set result{.registers = read->tasks.front().registers};
    for (const auto word : segments) {
        if (const auto added = add_segment(result, word, cpu.linear_width()); !added)
            return std::unexpected{added.error()};
    }
    return result;
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

std::expected<planned_switch, plan_refusal> make_switch_plan(const profile::profile& cpu, const named_set& from,
                                                             const named_set& to, std::uint64_t xss) {
    std::vector<std::uint32_t> addresses;
    for (const auto& one : to.registers)
        addresses.push_back(one.address);
    const auto count = addresses.size();
    planned_switch result{std::vector<context::switch_rule>(count), std::vector<context::planned_write>(count), {}, {}};
    const auto rules = context::make_switch_rules(cpu, addresses, xss, {result.rows.data(), result.rows.size()});
    if (!rules) return std::unexpected{no_plan(cpu.facts(), rules.error())};
    result.rules = *rules;
    const auto plan = make_register_plan(from.view(), to.view(), *rules, {result.writes.data(), result.writes.size()});
    if (!plan) return std::unexpected{no_plan(cpu.facts(), plan.error())};
    result.plan = *plan;
    for (const auto& writes : {plan->now, plan->late}) {
        for (const auto& one : writes) {
            if (auto refused = objection_to(cpu, *rules->find(one.address), one, from.registers))
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

// The selectors that are loaded, before all writes.
struct loaded_selector {
    std::string_view name;
    std::uint16_t value;
};
std::vector<loaded_selector> selectors_of(const context::register_plan& plan, const named_set& to) {
    std::vector<loaded_selector> result;
    if (plan.load_fs) result.push_back({"fs", *to.fs});
    if (plan.load_gs) result.push_back({"gs", *to.gs});
    return result;
}

json selectors_json(const std::vector<loaded_selector>& all) {
    auto result = json::object();
    for (const auto& [name, value] : all)
        result[std::string{name}] = hex(value);
    return result;
}

void print_switch_plan(const planned_switch& made, msr::view<context::planned_write> writes, std::string_view when) {
    for (const auto& one : writes) {
        fmt::print("{:<12} {:<10} {:<28} {}{}\n", when, std::string_view{to_string(one.by)},
                   name_of(made.rules, one.address), hex(one.value), one.serialises ? "  serialises" : "");
    }
}

void print_whole_plan(const planned_switch& made, const named_set& to, bool as_json) {
    const auto selectors = selectors_of(made.plan, to);
    const auto cycles = assumed_cycles_of(made.plan.now) + assumed_cycles_of(made.plan.late);
    if (as_json) {
        print(json{{"selectors", selectors_json(selectors)},
                   {"now", switch_plan_json(made, made.plan.now)},
                   {"late", switch_plan_json(made, made.plan.late)},
                   {"assumed_cycles", cycles}});
        return;
    }
    for (const auto& [name, value] : selectors)
        fmt::print("{:<12} {:<10} {:<28} {}\n", "first", "load", name, hex(value));
    print_switch_plan(made, made.plan.now, "now");
    print_switch_plan(made, made.plan.late, "user return");
    fmt::print("{} writes of {} registers; about {} cycles, by assumed costs\n",
               made.plan.now.size() + made.plan.late.size(), to.registers.size(), cycles);
}

exit_code show_switch_plan(const plan_question& asked) {
    const auto known = facts::load(asked.common.catalogue);
    if (!known) return fail(to_exit_code(known.error().kind), known.error().line());
    const auto cpu = find_cpu(**known, asked.common);
    if (!cpu) return fail(to_exit_code(cpu.error().kind), cpu.error().line());
    const profile::profile on{**known, cpu->cpuid, cpu->registers};
    const auto from = parse_register_set(asked.from, on);
    if (!from) return fail(to_exit_code(from.error().kind), from.error().line());
    const auto to = parse_register_set(asked.to, on);
    if (!to) return fail(to_exit_code(to.error().kind), to.error().line());
    const auto xss = parse_xss(asked.xss);
    if (!xss) return fail(to_exit_code(xss.error().kind), xss.error().line());
    const auto made = make_switch_plan(on, *from, *to, *xss);
    if (!made) return fail(made.error().code, made.error().line);
    print_whole_plan(*made, *to, asked.common.json);
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
    app.add_option(
        "--from", asked.from,
        "What the CPU holds: REGISTER=VALUE,REGISTER=VALUE; of a task also fs=SELECTOR:BASE,gs=SELECTOR:BASE");
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
