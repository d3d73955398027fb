// msr profile: a CPU as software sees it: this machine's, a known one, or one from a file.

#include <fmt/format.h>

#include "tools/msr/background.hpp"
#include "tools/msr/profile_text.hpp"
#include "tools/msr/verbs.hpp"

namespace tool {

namespace {

exit_code list_profiles(const catalogue::tables& facts, bool as_json) {
    auto list = json::array();
    for (const auto& one : facts.profiles) {
        if (as_json) {
            list.push_back({{"name", str(one.name)}, {"title", str(one.title)}});
        } else {
            fmt::print("{:20} {}\n", std::string_view{one.name}, std::string_view{one.title});
        }
    }
    if (as_json) print(json{{"profiles", std::move(list)}});
    return done;
}

exit_code show_profile(const catalogue::tables& facts, const common_options& options, bool as_yaml) {
    const auto cpu = find_cpu(facts, options);
    if (!cpu) return fail(to_exit_code(cpu.error().kind), cpu.error().line());
    if (options.json) {
        print(profile_json(*cpu, facts));
    } else {
        fmt::print("{}", as_yaml ? profile_yaml(*cpu, facts) : profile_page(*cpu, facts));
    }
    return done;
}

}  // namespace

exit_code profile_verb(int argc, char** argv) {
    common_options options;
    bool as_yaml = false;
    CLI::App app{"Describes a CPU: vendor, model, widths, features, capability registers", "profile"};
    add_json(app, options);
    add_optional_source(app, options);
    add_catalogue(app, options);
    add_features(app, options);
    auto* const yaml = app.add_flag("--yaml", as_yaml, "Print a profile file, which --profile takes");
    app.get_option("--json")->excludes(yaml);
    app.add_option(
        "PROFILE", options.profile,
        "A name, a file (a profile, the output of cpuid -r, a snapshot), or list: the names (this machine's)");
    return parse_and_run(app, argc, argv, [&] {
        const auto known = tool::facts::load(options.catalogue);
        if (!known) return fail(to_exit_code(known.error().kind), known.error().line());
        if (options.profile == "list") return list_profiles(**known, options.json);
        return show_profile(**known, options, as_yaml);
    });
}

}  // namespace tool
