// msr undo: puts back what a command wrote, from the journal; and lists the journal.

#include <algorithm>
#include <ranges>
#include <set>

#include <fmt/format.h>

#include "msr/host/cpu_list.hpp"
#include "tools/msr/verbs.hpp"
#include "tools/msr/write_run.hpp"

namespace tool {

namespace {

using host::journal_command;
using host::journal_contents;
using host::step_state;

std::string_view in_words(step_state state) {
    switch (state) {
        case step_state::about_to: return "about to be written when the command ended";
        case step_state::done: return "written";
        case step_state::failed: return "failed";
        case step_state::putting_back: return "about to be put back when the command ended";
        case step_state::put_back: return "put back";
        case step_state::put_back_failed: return "not put back";
    }
    return "";
}

std::string status_of(const journal_contents& all, const journal_command& one) {
    if (one.end.empty()) return "interrupted";
    if (!one.is_done()) return one.end;
    return all.stands(one) ? "done" : "undone";
}

void warn_of_damage(const journal_contents& all, const std::filesystem::path& path) {
    if (all.unreadable.empty()) return;
    std::string lines;
    for (const auto line : all.unreadable)
        lines += (lines.empty() ? "" : ", ") + std::to_string(line);
    static_cast<void>(fail(done, fmt::format("{}: line {} is torn or damaged, and is left out", path.string(), lines)));
}

std::string text_of(const host::journal_step& step) {
    const auto& what = step.what;
    return fmt::format("    cpu {:<5} {:28} {} -> {:#x}  {}", what.cpu, what.name, what.old ? hex(*what.old) : "?",
                       what.value, in_words(step.state));
}

void print_list(const journal_contents& all, const std::string& boot) {
    for (const auto& one : all.commands) {
        const auto& who = one.identity;
        fmt::print("{}  {}  {}{}  {}{}\n", who.id, one.time, who.verb, who.undoes.empty() ? "" : " of " + who.undoes,
                   status_of(all, one), who.boot == boot ? "" : ", before the last start of the machine");
        for (const auto& step : one.steps)
            fmt::print("{}\n", text_of(step));
    }
}

json list_json(const journal_contents& all, const std::string& boot) {
    auto commands = json::array();
    for (const auto& one : all.commands) {
        auto steps = json::array();
        for (const auto& step : one.steps) {
            const auto& what = step.what;
            steps.push_back({{"cpu", what.cpu},
                             {"address", hex(what.address)},
                             {"name", what.name},
                             {"old", what.old ? json(hex(*what.old)) : json(nullptr)},
                             {"value", hex(what.value)},
                             {"state", in_words(step.state)}});
        }
        commands.push_back({{"id", one.identity.id},
                            {"time", one.time},
                            {"verb", one.identity.verb},
                            {"undoes", one.identity.undoes},
                            {"status", status_of(all, one)},
                            {"this_boot", one.identity.boot == boot},
                            {"writes", std::move(steps)}});
    }
    return {{"commands", std::move(commands)}, {"unreadable_lines", all.unreadable}};
}

// Back to what it held, if it holds what was written; the journal need not know whether that write was made.
// The old value is known.
host::outcome<planned_change> plan_step(session& from, const host::register_write& was) {
    register_name where{was.address, was.name, catalogue::at_address(from.facts(), was.address)};
    std::vector<const catalogue::register_entry*> entries;
    for (const auto& one : where.candidates)
        entries.push_back(one.entry);
    from.learn(entries);
    auto change = plan_change(from, was.cpu, where, exactly(*was.old));
    if (!change) return change;
    auto refuse = [&](std::string why) {
        change->needed = true;
        change->refusals.push_back(fmt::format("{} on CPU {}: {}", was.name, was.cpu, why));
    };
    if (change->write.old && was.same(*change->write.old, *was.old)) {
        change->needed = false;
        change->refusals.clear();
    } else if (change->write.old && !was.same(*change->write.old, was.result)) {
        refuse(fmt::format("it holds {:#x} and not the {:#x} that was written: something else has written it since",
                           *change->write.old, was.result));
    } else {
        expect_result(*change, *was.old);
    }
    return change;
}

struct undo_plan {
    write_plan plan;
    std::vector<std::string> left;  // what no undo can bring back
};

host::outcome<undo_plan> plan_undo(session& from, const journal_command& command) {
    undo_plan all;
    for (const auto& step : command.steps | std::views::reverse) {
        if (!step.what.old || step.what.steady == 0) {
            all.left.push_back(fmt::format(
                "{} on CPU {}: {}", step.what.name, step.what.cpu,
                step.what.old ? "it changes by itself" : "it cannot be read, and nobody knows what it held"));
            continue;
        }
        auto change = plan_step(from, step.what);
        if (!change) return std::unexpected{change.error()};
        all.plan.changes.push_back(std::move(*change));
    }
    return all;
}

std::string cpus_of(const journal_command& command) {
    std::set<std::uint32_t> cpus;
    for (const auto& step : command.steps)
        cpus.insert(step.what.cpu);
    return host::format_cpu_list(std::vector<std::uint32_t>{cpus.begin(), cpus.end()});
}

exit_code undo(const journal_command& command, write_options options) {
    if (command.identity.boot != host::boot_id() && !options.force) {
        return fail(finding, fmt::format("{} was written before the last start of the machine, which reset its "
                                         "registers; nothing is written (--force overrides it)",
                                         command.identity.id));
    }
    options.common.cpus = cpus_of(command);
    auto opened = session::open(options.common);
    if (!opened) return fail(to_exit_code(opened.error().kind), opened.error().line());
    if (!opened->complaint().empty()) return fail(no_access, opened->complaint() + "; nothing is written");
    const auto planned = plan_undo(*opened, command);
    if (!planned) return fail(to_exit_code(planned.error().kind), planned.error().line());
    if (!options.common.json) {
        fmt::print("undo of {} ({}, {})\n", command.identity.id, command.identity.verb, command.time);
        for (const auto& one : planned->left)
            fmt::print("left as it is: {}\n", one);
    }
    return show_and_write(*opened, planned->plan, options, "undo", command.identity.id,
                          json{{"undoes", command.identity.id}, {"left", planned->left}});
}

}  // namespace

exit_code undo_verb(int argc, char** argv) {
    write_options options;
    options.common.from = "linux";
    std::string id;
    bool list = false;
    CLI::App app{"Puts back what the last command wrote that stands, or the named one", "undo"};
    add_json(app, options.common);
    add_catalogue(app, options.common);
    add_dry_run(app, options);
    add_force(app, options);
    app.add_flag("--list", list, "Show the journal");
    app.add_option("COMMAND", id, "As --list shows it; an undo, too, can be undone so");
    return parse_and_run(app, argc, argv, [&] {
        const auto path = host::journal_place();
        const auto all = host::read_journal(path);
        if (!all) return fail(to_exit_code(all.error().kind), all.error().line());
        warn_of_damage(*all, path);
        if (list) {
            if (options.common.json) {
                print(list_json(*all, host::boot_id()));
            } else {
                print_list(*all, host::boot_id());
            }
            return done;
        }
        const auto* const command = id.empty() ? all->last_to_undo() : all->find(id);
        if (command == nullptr) {
            return id.empty() ? fail(finding, fmt::format("the journal {} holds nothing to undo", path.string()))
                              : fail(bad_usage, fmt::format("the journal {} has no command {}; msr undo --list shows "
                                                            "them",
                                                            path.string(), id));
        }
        if (!id.empty() && command->is_done() && !all->stands(*command))
            return fail(finding, fmt::format("{} is undone already", id));
        return undo(*command, options);
    });
}

}  // namespace tool
