// Writes the image's generated source: every sequence of the library that can run, and the planner's plans, as code.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>

#include <fmt/format.h>

#include "lab/switching/assembly.hpp"
#include "lab/switching/sequence.hpp"
#include "lab/switching/tasks.hpp"
#include "msr/context/segment_bases/library.hpp"
#include "msr/context/segment_bases/plan.hpp"
#include "msr/context/segment_bases/reader.hpp"

namespace msr::switching {
namespace {

using context::delivery;
using context::operation;
using context::program;

struct generated {
    std::string code;          // in the assembler's language
    std::string declarations;  // of its labels
    std::string tables;
    std::uint64_t kernel_base = 0;
};

// Why no emulator can show it; empty if one can.
std::string why_not(const program& what) {
    const auto& needs = what.needs;
    if (!what.in_idt) return "no emulator has FRED";
    if (needs.lkgs) return "no emulator has LKGS";
    if (needs.wrmsrns || needs.msr_imm || needs.msrlist) return "no emulator has WRMSRNS";
    const bool keeps = !needs.null_clears_base && what.expected != context::violation::none;
    if (keeps) return "no emulator keeps the base at a null selector";
    return {};
}

std::string_view meaning_of(const assembly& code, const program& what, std::size_t at) {
    switch (what.code[at].what) {
        case operation::percpu: return "percpu";
        case operation::mov_fs:
        case operation::mov_gs: return "load_selector";
        case operation::iret: return "event_return";
        case operation::sysret: return "system_call_return";
        case operation::discard_frame: return "discard_frame";
        case operation::current: return "current_task";
        case operation::oops: return "oops";
        case operation::promise:
            switch (static_cast<context::promised>(what.code[at].to)) {
                case context::promised::fs: return "promise_fs";
                case context::promised::fs_base: return "promise_fs_base";
                case context::promised::gs: return "promise_gs";
                case context::promised::gs_base: return "promise_gs_base";
            }
            return "nothing";
        default: return code.uses_percpu(at) ? "percpu_variable" : "nothing";
    }
}

// What is promised or loaded, if it is a value; of a load from a variable, nothing is known before.
std::uint64_t value_of(const program& what, const context::instruction& it) {
    if (it.what == operation::current) return it.to;
    return it.constant ? what.values[static_cast<context::value>(it.from)] : 0;
}

class sequence_tables {
  public:
    sequence_tables(const program& what, const assembly& code, std::string prefix, generated& into)
        : what_{what}, code_{code}, prefix_{std::move(prefix)}, into_{into} {}

    void write() {
        instructions();
        lists();
        whole();
    }

  private:
    void instructions() {
        into_.tables += fmt::format("constexpr assembled {}_code[]{{\n", prefix_);
        for (std::size_t at = 0; at < what_.code.size(); ++at) {
            if (!code_.reached()[at]) continue;
            into_.declarations += fmt::format("extern const char {}[], {}[];\n", code_.begin_of(at), code_.core_of(at));
            into_.tables += fmt::format("    {{{}, {}, meaning::{}, {:#x}}},\n", code_.begin_of(at), code_.core_of(at),
                                        meaning_of(code_, what_, at), value_of(what_, what_.code[at]));
        }
        into_.tables += "};\n";
    }

    void lists() {
        for (const auto& one : what_.descriptors)
            descriptors_ += fmt::format("{{{:#x}, {:#x}, {}}}, ", what_.values[one.selector], what_.values[one.base],
                                        one.unsteady);
        for (std::size_t at = 0; at < what_.variables.size(); ++at)
            variables_ += fmt::format("{:#x}, ", what_.values[what_.at_start.at(at)]);
        if (!descriptors_.empty())
            into_.tables += fmt::format("constexpr descriptor_value {}_descriptors[]{{{}}};\n", prefix_, descriptors_);
        if (!variables_.empty())
            into_.tables += fmt::format("constexpr std::uint64_t {}_variables[]{{{}}};\n", prefix_, variables_);
    }

    std::string list_named(std::string_view name, const std::string& elements) {
        return elements.empty() ? "{}" : fmt::format("{}_{}", prefix_, name);
    }

    std::string entry(std::string_view name, context::event kind) {
        if (what_.handlers.at(static_cast<std::size_t>(kind)) == context::no_instruction) return "nullptr";
        const auto label = fmt::format("{}_{}", prefix_, name);
        into_.declarations += fmt::format("extern const char {}[];\n", label);
        return label;
    }

    std::string one_segment(const context::segment& it) {
        return fmt::format("{{{:#x}, {:#x}}}", what_.values[it.selector], what_.values[it.base]);
    }

    std::string one_task(const context::task& it) {
        return fmt::format("{{{}, {}}}", one_segment(it.has.fs), one_segment(it.has.gs));
    }

    void whole() {
        using context::event;
        std::string arrives;
        for (const bool one : what_.arrive)
            arrives += one ? "true, " : "false, ";
        const auto entries = fmt::format("{}, {}, {}, {}, {}, {}", entry("irq", event::interrupt),
                                         entry("nmi", event::nmi), entry("mc", event::machine_check),
                                         entry("db", event::debug), entry("fault", event::fault),
                                         entry("syscall", event::system_call));
        bool rdpid = false;
        for (std::size_t at = 0; at < what_.code.size(); ++at)
            rdpid = rdpid || (code_.reached()[at] && what_.code[at].what == operation::rdpid);
        all_ += fmt::format(
            "    {{.name = \"{}\", .expected = context::violation::{}, .fsgsbase = {}, .rdpid = {}, .code = {}_code,\n"
            "     .end = {}_end, .start = {}, .user = {}, .start_in_user = {}, .task = {}, .tasks = {{{}, {}}},\n"
            "     .entries = {{{}}}, .fault_without_code = {}, .arrives = {{{}}},\n"
            "     .iret_refused = {}, .sysret_refused = {}, .descriptors = {}, .variables = {}, .percpu_variables = {}}},\n",
            what_.name, context::to_string(what_.expected).data(), what_.needs.fsgsbase, rdpid, prefix_, prefix_,
            code_.begin_of(what_.start), what_.start_in_user ? "nullptr" : code_.begin_of(what_.user),
            what_.start_in_user, what_.start_task, one_task(what_.tasks[0]), one_task(what_.tasks[1]), entries,
            entry("fault_without_code", event::fault), arrives, what_.iret_refused, what_.sysret_refused,
            list_named("descriptors", descriptors_), list_named("variables", variables_), what_.percpu_variables);
    }

  public:
    std::string all_;  // this sequence's row

  private:
    const program& what_;
    const assembly& code_;
    std::string prefix_;
    generated& into_;
    std::string descriptors_;
    std::string variables_;
};

void write_sequences(generated& into) {
    std::string rows;
    std::string out;
    unsigned number = 0;
    for (const auto& one : context::library()) {
        const auto read = context::read(one.name, one.text, delivery::idt);
        if (!read) throw std::runtime_error{fmt::format("{}: {}", one.name, read.error().message)};
        const auto prefix = fmt::format("q{}", number++);
        into.kernel_base = read->values[read->kernel_base];
        assembly code{*read, prefix, variables_in_memory(*read)};
        auto reason = why_not(*read);
        const auto word = code.impossible();
        if (reason.empty() && word)
            reason = word->starts_with("vm") ? "its guest would be a guest's guest" : "no emulator has " + *word;
        if (!reason.empty()) {
            out += fmt::format("    {{\"{}\", \"{}\"}},\n", one.name, reason);
            continue;
        }
        into.code += code.text() + fmt::format("    .globl {0}_end\n{0}_end:\n", prefix) + entries_text(*read, code, prefix);
        into.declarations += fmt::format("extern const char {}_end[];\n", prefix);
        sequence_tables tables{*read, code, prefix, into};
        tables.write();
        rows += tables.all_;
    }
    into.tables += "constexpr sequence all_sequences[]{\n" + rows + "};\nconstexpr left_out all_left_out[]{\n" + out + "};\n";
}

// ---- Plans.

context::user_bases bases_of(const task_bases& task) {
    return {.fs = static_cast<std::uint16_t>(task.fs.selector),
            .fs_base = task.fs.base,
            .gs = static_cast<std::uint16_t>(task.gs.selector),
            .gs_base = task.gs.base};
}

std::string sequence_of(const context::switch_plan& plan) {
    std::string text = "title a plan\nsource the planner\nexpect safe\nmodes idt\nstart plan user A\n";
    for (const std::string_view task : {"from", "to"}) {
        for (const std::string_view what : {"fs", "fs_base", "gs", "gs_base"})
            text += fmt::format("variable {}_{} = 0\n", task, what);
    }
    return text + "plan:\n" + context::plan_lines(plan, "from", "to") + "    halt\n";
}

std::string assemble_plan(const std::string& text, const context::cpu_facts& facts, const std::string& prefix) {
    auto read = context::read("plan", text, delivery::idt, facts);
    if (!read) throw std::runtime_error{fmt::format("{}: {}\n{}", prefix, read.error().message, text)};
    read->handlers.fill(context::no_instruction);
    std::vector<std::string> where;
    for (const std::string_view task : {"%rdi", "%rsi"}) {
        for (const auto offset : {offsetof(saved_bases, fs), offsetof(saved_bases, fs_base), offsetof(saved_bases, gs),
                                  offsetof(saved_bases, gs_base)})
            where.push_back(fmt::format("{}({})", offset, task));
    }
    assembly code{*read, prefix + "_at", where};
    if (const auto word = code.impossible()) throw std::runtime_error{prefix + ": " + *word};
    return fmt::format("    .globl {0}\n{0}:\n{1}", prefix, code.text());
}

struct plan_texts {
    std::string text[planned_tasks][planned_tasks];
    context::cpu_facts facts;
};

plan_texts plans_for(const context::cpu_facts& facts) {
    plan_texts result{.facts = facts};
    for (std::size_t from = 0; from < planned_tasks; ++from) {
        for (std::size_t to = 0; to < planned_tasks; ++to) {
            if (from == to) continue;
            result.text[from][to] = sequence_of(context::make_plan(
                facts, delivery::idt, bases_of(tasks_begin_with[from]), bases_of(tasks_begin_with[to])));
        }
    }
    return result;
}

std::string name_of(const context::cpu_facts& facts) {
    return fmt::format("{}{}{}", facts.fsgsbase ? "FSGSBASE" : "no FSGSBASE",
                       facts.null_clears_base ? "" : ", null selectors keep the base",
                       facts.base_writes_serialise ? "" : ", WRMSR to the bases does not serialise");
}

std::string plan_row(const plan_texts& one, unsigned number, generated& into) {
    std::string between;
    for (std::size_t from = 0; from < planned_tasks; ++from) {
        between += "{";
        for (std::size_t to = 0; to < planned_tasks; ++to) {
            if (from == to) {
                between += "nullptr, ";
                continue;
            }
            const auto label = fmt::format("plan_{}_{}_{}", number, from, to);
            into.code += assemble_plan(one.text[from][to], one.facts, label);
            into.declarations += fmt::format("void {}(saved_bases*, const saved_bases*);\n", label);
            between += label + ", ";
        }
        between += "}, ";
    }
    return fmt::format("    {{\"{}\", {}, {}, {{{}}}}},\n", name_of(one.facts), one.facts.fsgsbase,
                       one.facts.null_clears_base, between);
}

// Those of every kind of CPU that emulators can be; kinds with the same plans are one.
void write_plans(generated& into) {
    std::vector<plan_texts> all;
    for (unsigned bits = 0; bits < 8; ++bits) {
        const context::cpu_facts facts{.fsgsbase = (bits & 1U) == 0,
                                       .null_clears_base = (bits & 2U) == 0,
                                       .base_writes_serialise = (bits & 4U) == 0};
        auto made = plans_for(facts);
        const auto same = [&](const plan_texts& other) {
            return std::equal(&made.text[0][0], &made.text[0][0] + planned_tasks * planned_tasks, &other.text[0][0]);
        };
        if (std::ranges::none_of(all, same)) all.push_back(std::move(made));
    }
    into.tables += "constexpr plan_set all_plan_sets[]{\n";
    unsigned number = 0;
    for (const auto& one : all)
        into.tables += plan_row(one, number++, into);
    into.tables += "};\n";
}

std::string whole(const generated& from) {
    return fmt::format(
        "#include \"lab/switching/sequence.hpp\"\n\nasm(R\"code(\n    .pushsection .user, \"awx\", @progbits\n{}{}"
        "    .popsection\n)code\");\n\nusing msr::switching::saved_bases;\nextern \"C\" {{\n{}}}\n\n"
        "namespace msr::switching {{\nnamespace {{\n\n{}\n}}  // namespace\n\n"
        "constinit const view<sequence> sequences{{all_sequences}};\n"
        "constinit const view<left_out> not_run{{all_left_out}};\n"
        "constinit const view<plan_set> plan_sets{{all_plan_sets}};\n"
        "constinit const std::uint64_t kernel_base = {:#x};\n\n}}  // namespace msr::switching\n",
        macros(), from.code, from.declarations, from.tables, from.kernel_base);
}

}  // namespace
}  // namespace msr::switching

int main(int count, char** words) {
    using namespace msr::switching;
    if (count != 2) {
        std::cerr << "usage: switching_code FILE\n";
        return 2;
    }
    try {
        generated all;
        write_sequences(all);
        write_plans(all);
        std::ofstream file{words[1]};
        file << whole(all) << std::flush;
        if (file) return 0;
        std::cerr << words[1] << ": cannot be written\n";
    } catch (const std::exception& refused) {
        std::cerr << refused.what() << '\n';
    }
    std::remove(words[1]);
    return 1;
}
