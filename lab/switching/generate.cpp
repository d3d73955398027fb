// Writes the image's generated sources: every sequence of the library that can run, and the planner's plans, as code;
// and the tables that say where in it what is.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>

#include <fmt/format.h>

#include "lab/switching/assembly.hpp"
#include "lab/switching/sequence_source.hpp"
#include "lab/switching/tasks.hpp"
#include "msr/context/segment_bases/library.hpp"
#include "msr/context/segment_bases/plan.hpp"
#include "msr/context/segment_bases/reader.hpp"

namespace msr::switching {
namespace {

using context::delivery;

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
    bool spoilt = false;
};

plan_texts plans_for(const context::cpu_facts& facts) {
    plan_texts result{.facts = facts};
    for (std::size_t from = 0; from < planned_tasks; ++from) {
        for (std::size_t to = 0; to < planned_tasks; ++to) {
            if (from == to) continue;
            result.text[from][to] =
                sequence_of(context::make_plan(facts, delivery::idt, bases_of(tasks_begin_with[to])));
        }
    }
    return result;
}

// Without the write of the base of GS.
plan_texts spoil(plan_texts one) {
    one.spoilt = true;
    for (auto& row : one.text) {
        for (auto& text : row) {
            const auto base = text.rfind(" to_gs_base\n");
            if (base == std::string::npos || text.compare(base, 4, " to_") != 0) continue;
            const auto line = text.rfind('\n', base);
            if (text.find("plan:") < line) text.erase(line, text.find('\n', base) - line);
        }
    }
    return one;
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
    return fmt::format("    {{\"{}\", {}, {}, {}, {{{}}}}},\n", name_of(one.facts), one.facts.fsgsbase,
                       one.facts.null_clears_base, one.spoilt, between);
}

// Round the three tasks: each is left and entered.
std::vector<planned_sequence> sequences_of_plans(const plan_texts& one) {
    std::vector<planned_sequence> result;
    for (std::size_t from = 0; from < planned_tasks; ++from) {
        const auto to = (from + 1) % planned_tasks;
        result.push_back({fmt::format("plans between tasks {} and {}, {}", from, to, name_of(one.facts)),
                          context::plan_sequence(one.facts, delivery::idt, bases_of(tasks_begin_with[from]),
                                                 bases_of(tasks_begin_with[to])),
                          one.facts});
    }
    return result;
}

// Of every kind of CPU that emulators can be; kinds with the same plans are one.
std::vector<plan_texts> all_plans() {
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
    return all;
}

void write_plans(const std::vector<plan_texts>& all, generated& into) {
    into.tables += "constexpr plan_set all_plan_sets[]{\n";
    unsigned number = 0;
    for (const auto& one : all) {
        into.tables += plan_row(one, number++, into);
        if (one.facts.null_clears_base) into.tables += plan_row(spoil(one), number++, into);
    }
    into.tables += "};\n";
}

std::string whole_code(const generated& from) {
    return fmt::format("    .section .user, \"awx\", @progbits\n{}{}    .section .note.GNU-stack, \"\", @progbits\n",
                       macros(), from.code);
}

std::string whole_tables(const generated& from) {
    return fmt::format(
        "#include \"lab/switching/sequence.hpp\"\n\nusing msr::switching::saved_bases;\nextern \"C\" {{\n{}}}\n\n"
        "namespace msr::switching {{\nnamespace {{\n\n{}\n}}  // namespace\n\n"
        "constinit const view<sequence> sequences{{all_sequences}};\n"
        "constinit const view<left_out> not_run{{all_left_out}};\n"
        "constinit const view<plan_set> plan_sets{{all_plan_sets}};\n"
        "constinit const std::uint64_t kernel_base = {:#x};\n\n}}  // namespace msr::switching\n",
        from.declarations, from.tables, from.kernel_base);
}

generated generate() {
    generated all;
    const auto plans = all_plans();
    sequence_writer writer{all};
    for (const auto& one : context::library())
        writer.add(std::string{one.name}, one.text);
    for (const auto& one : plans) {
        for (const auto& sequence : sequences_of_plans(one))
            writer.add(sequence);
    }
    writer.finish();
    write_plans(plans, all);
    return all;
}

bool write_file(const char* path, const std::string& text) {
    std::ofstream file{path};
    file << text << std::flush;
    if (file) return true;
    std::cerr << path << ": cannot be written\n";
    return false;
}

}  // namespace
}  // namespace msr::switching

int main(int count, char** words) {
    using namespace msr::switching;
    if (count != 3) {
        std::cerr << "usage: switching_code CODE TABLES\n";
        return 2;
    }
    try {
        const auto all = generate();
        if (write_file(words[1], whole_code(all)) && write_file(words[2], whole_tables(all))) return 0;
    } catch (const std::exception& refused) {
        std::cerr << refused.what() << '\n';
    }
    std::remove(words[1]);
    std::remove(words[2]);
    return 1;
}
