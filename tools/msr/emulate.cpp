// msr emulate: a guest's registers, driven from standard input.

#include <iostream>

#include <fmt/format.h>

#include "tools/msr/emulation.hpp"
#include "tools/msr/session.hpp"
#include "tools/msr/verbs.hpp"

namespace tool {

namespace {

// The manuals' processor is the model that departs nowhere.
constexpr std::string_view no_departures = "architectural";

host::outcome<const catalogue::model_entry*> find_model(const catalogue::tables& facts, std::string_view name) {
    if (name == no_departures) return nullptr;
    std::string known{no_departures};
    for (const auto& one : facts.models) {
        if (one.name == name) return &one;
        known += fmt::format(", {}", std::string_view{one.name});
    }
    return host::bad_input(fmt::format("there is no model `{}`", name), "the models are " + known);
}

}  // namespace

exit_code emulate_verb(int argc, char** argv) {
    common_options options;
    std::string model{no_departures};
    CLI::App app{
        "Plays a guest's registers. Standard input has an operation a line: read REGISTER, write REGISTER VALUE, "
        "host-read and host-write as a hypervisor's own accesses, set STATE=VALUE, reset",
        "emulate"};
    add_json(app, options);
    add_catalogue(app, options);
    add_source(app, options);
    add_profile(app, options);
    app.add_option("--model", model, "Whose behaviour: the manuals', or an implementation's that departs from them")
        ->capture_default_str();
    return parse_and_run(app, argc, argv, [&] {
        auto opened = session::open(options, true);
        if (!opened) return fail(to_exit_code(opened.error().kind), opened.error().line());
        opened->learn_all();
        const auto chosen = find_model(opened->facts(), model);
        if (!chosen) return fail(to_exit_code(chosen.error().kind), chosen.error().line());
        emulation playing{opened->cpu(opened->cpus().front()), *chosen, options.json};
        return playing.run(std::cin, stdout, stderr);
    });
}

}  // namespace tool
