#include "tools/msr/write_run.hpp"

#include <algorithm>
#include <csignal>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "msr/host/cpu_list.hpp"
#include "msr/host/transaction.hpp"

namespace tool {

namespace {

using host::write_state;

// A half of the CPUs written is worse than a Ctrl-C that waits for the rest, or for its way back.
class uninterrupted {
  public:
    uninterrupted() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    uninterrupted(const uninterrupted&) = delete;
    uninterrupted& operator=(const uninterrupted&) = delete;
    uninterrupted(uninterrupted&&) = delete;
    uninterrupted& operator=(uninterrupted&&) = delete;
    ~uninterrupted() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  private:
    sigset_t before_{};
};

std::string_view in_words(write_state state) {
    switch (state) {
        case write_state::untouched: return "not written";
        case write_state::written: return "written";
        case write_state::refused: return "refused, unchanged";
        case write_state::put_back: return "written and put back";
        case write_state::not_put_back: return "WRITTEN AND NOT PUT BACK";
    }
    return "";
}

std::string_view in_json(write_state state) {
    switch (state) {
        case write_state::untouched: return "untouched";
        case write_state::written: return "written";
        case write_state::refused: return "refused";
        case write_state::put_back: return "put_back";
        case write_state::not_put_back: return "not_put_back";
    }
    return "";
}

struct ending {
    std::vector<host::register_write> writes;
    host::transaction_result result;
    std::string command;
    std::string journal;  // its file; empty where none is kept
};

// The same sentence for all CPUs that it is true of.
void print_states(const ending& end) {
    struct line {
        std::string text;
        std::vector<std::uint32_t> cpus;
    };
    std::vector<line> lines;
    for (std::size_t at = 0; at < end.writes.size(); ++at) {
        const auto& one = end.result.writes[at];
        auto text = fmt::format("{}: {}", end.writes[at].name, in_words(one.state));
        if (one.holds) text += fmt::format("; holds {:#x}", *one.holds);
        const auto same = std::ranges::find(lines, text, &line::text);
        if (same == lines.end()) {
            lines.push_back({std::move(text), {end.writes[at].cpu}});
        } else {
            same->cpus.push_back(end.writes[at].cpu);
        }
    }
    for (auto& one : lines) {
        std::ranges::sort(one.cpus);
        fmt::print("cpu {:<6} {}\n", host::format_cpu_list(one.cpus), one.text);
    }
}

json states_json(const ending& end) {
    auto list = json::array();
    for (std::size_t at = 0; at < end.writes.size(); ++at) {
        const auto& one = end.result.writes[at];
        list.push_back({{"name", end.writes[at].name},
                        {"cpu", end.writes[at].cpu},
                        {"state", in_json(one.state)},
                        {"holds", one.holds ? json(hex(*one.holds)) : json(nullptr)}});
    }
    return list;
}

exit_code say_how_it_ended(const ending& end, const write_options& options, json document) {
    const auto& result = end.result;
    auto more = json::array();
    for (const auto& one : result.more)
        more.push_back(one.line());
    if (options.common.json) {
        document["written"] = result.done();
        document["problem"] = result.problem ? json(result.problem->line()) : json(nullptr);
        document["more_problems"] = std::move(more);
        document["states"] = states_json(end);
        document["command"] = end.command;
        document["journal"] = end.journal.empty() ? json(nullptr) : json(end.journal);
        print(document);
    } else {
        print_states(end);
        if (end.writes.empty()) fmt::print("there was nothing to write\n");
        if (result.done() && !end.writes.empty() && !end.journal.empty())
            fmt::print("msr undo {} puts it back\n", end.command);
    }
    for (const auto& one : result.more)
        static_cast<void>(fail(done, one.line()));
    return result.problem ? fail(to_exit_code(result.problem->kind), result.problem->line()) : done;
}

exit_code carry_out_plan(session& from, const write_plan& plan, const write_options& options,
                         host::command_identity command, json document) {
    ending end{.command = command.id};
    for (const auto& change : plan.changes) {
        if (change.needed) end.writes.push_back(change.write);
    }
    std::unique_ptr<host::journal_writer> log = std::make_unique<host::no_journal>();
    // A virtual CPU ends with this command: there will be nothing to undo.
    if (from.machine().kind() == host::source::linux_device) {
        auto file = host::journal::open(host::journal_place());
        if (!file) return fail(to_exit_code(file.error().kind), file.error().line());
        end.journal = file->path();
        log = std::make_unique<host::journal>(std::move(*file));
    }
    {
        const uninterrupted until_done;
        end.result = host::carry_out(from.machine(), *log, command, end.writes);
    }
    return say_how_it_ended(end, options, std::move(document));
}

exit_code refuse(const write_plan& plan) {
    std::string first;
    std::size_t others = 0;
    for (const auto& change : plan.changes) {
        for (const auto& refusal : change.refusals) {
            if (first.empty()) first = refusal;
            if (refusal != first) ++others;
        }
    }
    const auto more = others > 0 ? fmt::format(" (and {} more)", others) : "";
    return fail(finding, fmt::format("{}{}; nothing is written (--force overrides it)", first, more));
}

}  // namespace

void add_dry_run(CLI::App& app, write_options& options) {
    app.add_flag("--dry-run", options.dry_run, "Show what would be written, and write nothing");
}

void add_force(CLI::App& app, write_options& options) {
    app.add_flag("--force", options.force, "Write what the checks refuse; what is overridden is shown");
}

exit_code show_and_write(session& from, const write_plan& plan, const write_options& options, const std::string& verb,
                         const std::string& undoes, json about) {
    const bool refused = plan.is_refused() && !options.force;
    // An undo that finds all as it was is noted too: the next one then goes on to the command before.
    const bool nothing_to_do = !plan.is_needed() && undoes.empty();
    const bool ends_here = refused || options.dry_run || nothing_to_do;
    if (options.common.json) {
        about["source"] = from.machine().description();
        about["dry_run"] = options.dry_run;
        about["forced"] = options.force;
        about["plan"] = plan_json(from, plan);
        if (ends_here) {
            about["written"] = false;
            print(about);
        }
    } else {
        if (from.machine().kind() != host::source::linux_device) fmt::print("{}\n", from.machine().description());
        print_plan(from, plan, options.force);
    }
    if (refused) return refuse(plan);
    if (ends_here) {
        if (!options.common.json)
            fmt::print("{}\n", plan.is_needed() ? "dry run: nothing is written" : "there is nothing to write");
        return done;
    }
    // Said before anything is opened for it.
    if (from.machine().kind() == host::source::snapshot) {
        const auto& first = plan.changes.front().write;
        return fail(no_access,
                    from.machine()
                        .explain({first.address, first.cpu, msr::direction::write, msr::cause::not_permitted})
                        .line());
    }
    return carry_out_plan(from, plan, options,
                          {.id = host::new_command_id(), .verb = verb, .undoes = undoes, .boot = host::boot_id()},
                          std::move(about));
}

}  // namespace tool
