// msr emulate: a guest's registers, driven from standard input.

#include <iostream>

#include <fmt/format.h>

#include "tools/msr/emulation.hpp"
#include "tools/msr/session.hpp"
#include "tools/msr/verbs.hpp"
#include "tools/msr/vm_state.hpp"

namespace tool {

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
