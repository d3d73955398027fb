// msr gs check: every interleaving of a sequence with events, explored.

#include <algorithm>
#include <cerrno>
#include <functional>

#include <fmt/format.h>

#include "msr/context/segment_bases/checker.hpp"
#include "msr/context/segment_bases/library.hpp"
#include "msr/context/segment_bases/reader.hpp"
#include "msr/host/files.hpp"
#include "tools/msr/gs.hpp"
#include "tools/msr/values.hpp"

namespace tool {

namespace context = msr::context;

namespace {

// Larger than any sequence that can be read.
constexpr std::size_t largest_file = 1 << 20;

struct question {
    std::string name;
    std::string mode;  // empty: those that the sequence names
    std::uint64_t limit = context::default_limit;
    int depth = -1;  // as the sequence says
};

host::outcome<std::string> sequence_text(const std::string& name) {
    if (const auto* const shipped = context::find_sequence(name)) return std::string{shipped->text};
    auto text = host::read_file(name, largest_file);
    if (text) return std::move(*text);
    if (text.error() == ENOENT)
        return host::bad_input(fmt::format("there is no sequence and no file `{}`", name), {},
                               "msr gs list names the sequences");
    return host::bad_input(fmt::format("cannot read {}", name), host::describe_errno(text.error()));
}

json to_json(const context::program& what, context::delivery mode, const context::check_result& result) {
    auto trace = json::array();
    for (const auto& one : result.trace) {
        const auto& on = one.after.processor;
        trace.push_back({{"step", context::step_text(what, one)},
                         {"line", what.code[one.at].line},
                         {"cpl", on.user ? 3 : 0},
                         {"gs", hex(what.values[on.gs.selector])},
                         {"gs_base", hex(what.values[on.gs.base])},
                         {"kernel_gs_base", hex(what.values[on.kernel_gs_base])}});
    }
    auto unreached = json::array();
    for (const auto at : result.unreached)
        unreached.push_back({{"line", what.code[at].line}, {"instruction", what.lines[at]}});
    auto events = json::array();
    for (std::size_t kind = 0; kind < context::event_kinds; ++kind) {
        if (what.arrive[kind]) events.push_back(str(to_string(static_cast<context::event>(kind))));
    }
    json written{{"mode", to_word(mode)},
                 {"verdict", str(to_string(result.is))},
                 {"violation", str(to_string(result.wrong))},
                 {"states", result.states},
                 {"depth", what.depth},
                 {"events", std::move(events)},
                 {"unreached", std::move(unreached)},
                 {"trace", std::move(trace)}};
    if (result.is == context::verdict::limit_reached)
        written["out_of_memory"] = result.out_of_memory;
    else
        written["as_expected"] = result.wrong == what.expected;
    return written;
}

// What a proof leaves out: an answer about code that never ran, or that nothing interrupted, would be taken for more.
void show_what_was_left_out(const context::program& what, const context::check_result& result) {
    if (std::ranges::none_of(what.arrive, std::identity{}))
        fmt::print("  note: the sequence declares no events, so nothing arrived anywhere\n");
    for (const auto at : result.unreached)
        fmt::print("  note: line {} is never reached: {}\n", what.code[at].line, what.lines[at]);
}

void show(const context::program& what, context::delivery mode, const context::check_result& result) {
    const auto head = fmt::format("{} ({})", what.name, to_word(mode));
    switch (result.is) {
        case context::verdict::safe:
            fmt::print("{}: safe: {} states, all that there are with at most {} events at once\n", head, result.states,
                       what.depth);
            break;
        case context::verdict::limit_reached:
            fmt::print("{}: not known: nothing wrong in the first {} states, and there {}\n", head, result.states,
                       result.out_of_memory ? "is no memory for more" : "are more (--limit)");
            return;
        case context::verdict::refuted:
            fmt::print("{}: refuted: {}; {} states looked at\n{}", head, std::string_view{sentence(result.wrong)},
                       result.states, trace_text(what, result));
            break;
    }
    if (result.is == context::verdict::safe) show_what_was_left_out(what, result);
    fmt::print("  the sequence expects: {}{}\n", expectation(what),
               result.wrong == what.expected ? "" : ", which is not what was found");
}

class checking {
  public:
    checking(const question& asked, std::string text, const context::cpu_facts* on)
        : asked_{asked}, text_{std::move(text)}, on_{on} {}

    exit_code run(bool as_json) {
        const auto modes = this->modes();
        if (!modes) return fail(to_exit_code(modes.error().kind), modes.error().line());
        auto runs = json::array();
        std::string expected;
        auto code = done;
        for (const auto mode : *modes) {
            auto what = read(mode);
            if (!what) return fail(to_exit_code(what.error().kind), what.error().line());
            if (asked_.depth >= 0) what->depth = static_cast<unsigned>(asked_.depth);
            const auto result = context::check(*what, on_ != nullptr ? *on_ : what->needs, mode, asked_.limit);
            if (result.is == context::verdict::limit_reached && code == done) code = limit_reached;
            if (result.is == context::verdict::refuted) code = finding;
            expected = expectation(*what);
            if (as_json)
                runs.push_back(to_json(*what, mode, result));
            else
                show(*what, mode, result);
        }
        if (as_json) print(json{{"name", asked_.name}, {"expected", expected}, {"runs", std::move(runs)}});
        return code;
    }

  private:
    host::outcome<context::program> read(context::delivery mode) {
        auto what =
            on_ != nullptr ? context::read(asked_.name, text_, mode, *on_) : context::read(asked_.name, text_, mode);
        if (what) return std::move(*what);
        const auto& wrong = what.error();
        return host::bad_input(
            fmt::format("{}, line {}, column {}: {}", asked_.name, wrong.line, wrong.column, wrong.message));
    }

    host::outcome<std::vector<context::delivery>> modes() {
        const auto what = read(context::delivery::idt);
        if (!what) return std::unexpected{what.error()};
        std::vector<context::delivery> result;
        if (!asked_.mode.empty()) {
            const auto one = delivery_of(asked_.mode, on_ != nullptr ? on_ : &what->needs);
            if (!one) return std::unexpected{one.error()};
            result.push_back(*one);
            return result;
        }
        if (what->in_idt) result.push_back(context::delivery::idt);
        if (what->in_fred && (on_ == nullptr || on_->fred)) result.push_back(context::delivery::fred);
        if (result.empty())
            return host::bad_input("the sequence is for FRED, which this CPU has not", {},
                                   "use --mode idt to see it fail");
        return result;
    }

    const question& asked_;
    std::string text_;
    const context::cpu_facts* on_;
};

}  // namespace

exit_code gs_check(int argc, char** argv) {
    common_options options;
    question asked;
    CLI::App app{
        "Says whether a sequence is safe, whatever event arrives at whatever instruction; if not, the shortest way to "
        "where it goes wrong",
        "gs check"};
    add_json(app, options);
    add_catalogue(app, options);
    add_profile(app, options);
    app.add_option("--mode", asked.mode, "How events are delivered, idt or fred; as the sequence says if not given");
    app.add_option("--limit", asked.limit, "States to look at, at most")
        ->check(CLI::Range(1, 500'000'000))
        ->capture_default_str();
    app.add_option("--depth", asked.depth, "Events in progress at once, at most")->check(CLI::Range(0, 8));
    app.add_option("SEQUENCE", asked.name, "A name of msr gs list, or a file")->required();
    return parse_and_run(app, argc, argv, [&] {
        auto text = sequence_text(asked.name);
        if (!text) return fail(to_exit_code(text.error().kind), text.error().line());
        std::optional<context::cpu_facts> on;
        if (options.names_cpu()) {
            const auto found = segment_facts(options);
            if (!found) return fail(to_exit_code(found.error().kind), found.error().line());
            on = *found;
        }
        return checking{asked, std::move(*text), on ? &*on : nullptr}.run(options.json);
    });
}

}  // namespace tool
