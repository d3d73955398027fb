// msr gs plan: the cheapest switch of FS and GS between two tasks, proven before it is printed.

#include <fmt/format.h>

#include "msr/context/segment_bases/checker.hpp"
#include "msr/context/segment_bases/plan.hpp"
#include "msr/context/segment_bases/reader.hpp"
#include "tools/msr/gs.hpp"
#include "tools/msr/user_bases.hpp"
#include "tools/msr/values.hpp"

namespace tool {

namespace context = msr::context;

namespace {

struct made_plan {
    context::switch_plan plan;
    context::check_result proof;
    unsigned depth;  // of the proof
};

// For which tasks the code may stand: its text looks as if for any.
std::string_view holds_for(const context::switch_plan& plan) {
    if (context::holds_for_every_task(plan))
        return "whatever the two tasks have: every selector and base is read, loaded and written";
    return "whatever the task that leaves has; for the task that comes only while it has the values of --to: a base of "
           "0 "
           "behind a null selector is left to the load that clears it";
}

exit_code show(const made_plan& made, context::delivery mode, bool as_json) {
    const auto lines = context::plan_lines(made.plan, "from", "to");
    const auto code = context::plan_code(made.plan);
    if (as_json) {
        print(json{{"mode", to_word(mode)},
                   {"steps", lines},
                   {"code", code},
                   {"holds_for", holds_for(made.plan)},
                   {"holds_for_every_task", context::holds_for_every_task(made.plan)},
                   {"assumed_cycles", made.plan.cycles},
                   {"verdict", str(to_string(made.proof.is))},
                   {"states", made.proof.states},
                   {"depth", made.depth}});
    } else {
        fmt::print("# events by {}, interrupts off; about {} cycles, by assumed costs\n# holds {}\n{}\n{}\n",
                   to_word(mode), made.plan.cycles, holds_for(made.plan), lines, code);
        fmt::print(
            "{}: {} states, there and back, with at most {} events at once, at every boundary, users that load "
            "selectors, and descriptors that go away\n",
            std::string_view{to_string(made.proof.is)}, made.proof.states, made.depth);
    }
    if (made.proof.is == context::verdict::limit_reached) return limit_reached;
    return made.proof.is == context::verdict::safe ? done : finding;
}

}  // namespace

exit_code gs_plan(int argc, char** argv) {
    common_options options;
    std::string from;
    std::string to;
    std::string word;
    CLI::App app{"Plans the cheapest switch of FS and GS from one task to another on a CPU, and proves it", "gs plan"};
    add_json(app, options);
    add_catalogue(app, options);
    add_profile(app, options);
    app.add_option("--mode", word, "How events are delivered, idt or fred; fred if the CPU has it");
    app.add_option("--from", from, "The task that leaves: fs=SELECTOR:BASE,gs=SELECTOR:BASE")->required();
    app.add_option("--to", to, "The task that comes")->required();
    return parse_and_run(app, argc, argv, [&] {
        const auto facts = segment_facts(options);
        if (!facts) return fail(to_exit_code(facts.error().kind), facts.error().line());
        if (word.empty()) word = facts->fred ? "fred" : "idt";
        const auto mode = delivery_of(word, &*facts);
        if (!mode) return fail(to_exit_code(mode.error().kind), mode.error().line());
        const auto first = parse_user_bases(from, facts->linear_width);
        if (!first) return fail(to_exit_code(first.error().kind), first.error().line());
        const auto second = parse_user_bases(to, facts->linear_width);
        if (!second) return fail(to_exit_code(second.error().kind), second.error().line());
        auto sequence = context::read("plan", context::plan_sequence(*facts, *mode, *first, *second), *mode, *facts);
        if (!sequence) return fail(bad_usage, sequence.error().message);
        return show(
            {context::make_plan(*facts, *mode, *second), context::check(*sequence, *facts, *mode), sequence->depth},
            *mode, options.json);
    });
}

}  // namespace tool
