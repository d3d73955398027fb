// msr snapshot: the registers of all CPUs, with CPUID, in one file.

#include "msr/host/snapshot.hpp"

#include <fmt/format.h>

#include "tools/msr/plan.hpp"
#include "tools/msr/progress.hpp"
#include "tools/msr/values.hpp"
#include "tools/msr/verbs.hpp"
#include "tools/msr/version.hpp"

namespace tool {

namespace {

struct counts {
    std::size_t values = 0;
    std::size_t refused = 0;
};

counts count(const host::readings& registers) {
    counts result;
    for (std::size_t cpu = 0; cpu < registers.cpus().size(); ++cpu) {
        for (const auto& value : registers.row(cpu))
            (value ? result.values : result.refused) += 1;
    }
    return result;
}

}  // namespace

exit_code snapshot_verb(int argc, char** argv) {
    common_options options;
    std::string file;
    bool probe = false;
    CLI::App app{"Records every register that the catalogue says exists, on all CPUs, with CPUID", "snapshot"};
    add_json(app, options);
    add_source(app, options);
    add_catalogue(app, options);
    app.add_flag("--probe", probe, "Also try every other address that the catalogue names");
    app.add_option("FILE", file, "Where to write it; an old file is replaced in one step")->required();
    return parse_and_run(app, argc, argv, [&] {
        auto opened = session::open(options);
        if (!opened) return fail(to_exit_code(opened.error().kind), opened.error().line());
        if (!opened->complaint().empty()) fmt::print(stderr, "msr: {}\n", opened->complaint());
        opened->learn_all();
        const auto addresses = readable_addresses(*opened, probe);
        const auto taken =
            host::take_snapshot(opened->machine(), opened->cpus(), addresses, tool_name, show_progress("reading"));
        const auto result = count(taken.registers);
        if (result.values == 0) return fail(refused, "not one register could be read; nothing is written");
        if (const auto saved = host::save_snapshot(taken, file); !saved)
            return fail(to_exit_code(saved.error().kind), saved.error().line());
        if (options.json) {
            print(json{{"file", file},
                       {"cpus", opened->cpus().size()},
                       {"registers", addresses.size()},
                       {"values", result.values},
                       {"faults", result.refused}});
        } else {
            fmt::print("{}: {} registers, {} CPU(s), {} values, {} could not be read\n", file, addresses.size(),
                       opened->cpus().size(), result.values, result.refused);
        }
        return done;
    });
}

}  // namespace tool
