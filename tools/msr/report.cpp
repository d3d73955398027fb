// msr report: what a machine's registers say, by topic, each statement with the bit that says it.

#include "tools/msr/report/report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "tools/msr/progress.hpp"
#include "tools/msr/report/print.hpp"
#include "tools/msr/verbs.hpp"

namespace tool {

exit_code report_verb(int argc, char** argv) {
    common_options options;
    CLI::App app{"Says what a machine's registers mean, by topic", "report"};
    add_json(app, options);
    add_source(app, options);
    add_catalogue(app, options);
    return parse_and_run(app, argc, argv, [&] {
        auto opened = session::open(options, true);
        if (!opened) return fail(to_exit_code(opened.error().kind), opened.error().line());
        if (!opened->complaint().empty()) fmt::print(stderr, "msr: {}\n", opened->complaint());
        const auto all = report::make(*opened, report::surroundings_of(*opened), show_progress("reading"));
        if (options.json) {
            print(report::to_json(all));
        } else {
            fmt::print("{}", report::to_text(all, isatty(STDOUT_FILENO) == 1));
        }
        return all.anything_read ? done : fail(refused, "not one register could be read");
    });
}

}  // namespace tool
