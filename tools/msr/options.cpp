#include "tools/msr/options.hpp"

#include <fmt/format.h>

namespace tool {

void add_json(CLI::App& app, common_options& options) {
    app.add_flag("--json", options.json, "Print JSON; values of 64 bits are hexadecimal strings");
}

void add_source(CLI::App& app, common_options& options) {
    app.add_option("--from", options.from, "Where values come from: auto, linux, kvm, or a snapshot's file")
        ->capture_default_str();
    app.add_option("--cpus", options.cpus, "Which CPUs, as 0-3,8 (all)");
}

void add_catalogue(CLI::App& app, common_options& options) {
    app.add_option("--catalogue", options.catalogue,
                   "A folder with register files of your own, added to the built-in ones");
}

void add_profile(CLI::App& app, common_options& options) {
    app.add_option(
        "--profile", options.profile,
        "A CPU that need not be here: a name of msr profile list, a file (a profile, the output of cpuid -r, "
        "a snapshot), or host");
    add_features(app, options);
}

void add_features(CLI::App& app, common_options& options) {
    app.add_option("--features", options.features, "Features that the CPU is to have or lack, as +fred,-cet_ss")
        ->delimiter(',')
        ->expected(1)
        ->take_all()
        ->allow_extra_args(false);  // what follows are the verb's own words
}

exit_code fail(exit_code code, std::string_view message) {
    fmt::print(stderr, "msr: {}\n", message);
    return code;
}

exit_code parse_and_run(CLI::App& app, int argc, char** argv, const std::function<exit_code()>& run) {
    app.name(std::string{"msr "} + app.get_name());
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked) {  // help
        app.exit(asked);
        return done;
    } catch (const CLI::ParseError& error) {
        return fail(bad_usage, std::string{error.what()} + "; see " + app.get_name() + " --help");
    }
    return run();
}

}  // namespace tool
