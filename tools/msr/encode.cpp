// msr encode: a value from fields.

#include <set>

#include <fmt/format.h>

#include "tools/msr/assign.hpp"
#include "tools/msr/background.hpp"
#include "tools/msr/choose.hpp"
#include "tools/msr/refusal.hpp"
#include "tools/msr/verbs.hpp"
#include "tools/msr/write_check.hpp"

namespace tool {

namespace {

// The value is made all the same; that the CPU at hand would refuse it is said beside it.
exit_code say_objections(const chosen& which, session* from, std::uint64_t old, std::uint64_t value) {
    if (which.cpu == nullptr || from == nullptr) return done;
    const auto result = check_write(which.what, *which.cpu, old, value, &from->machine(), from->cpus().front());
    if (!result.faults()) return done;
    const auto name = catalogue::name_of(*which.what.entry, which.what.member);
    return fail(finding, "this CPU would refuse it: " + reason(result, value, name));
}

}  // namespace

exit_code encode_verb(int argc, char** argv) {
    common_options options;
    std::string name;
    std::vector<std::string> assignments;
    std::string old = "0";
    CLI::App app{"Makes a register's value from fields", "encode"};
    add_json(app, options);
    add_optional_source(app, options);
    add_profile(app, options);
    add_catalogue(app, options);
    app.add_option("--old", old, "The value to start from")->capture_default_str();
    app.add_option("REGISTER", name, "NAME, alias, address (0x1B)")->required();
    app.add_option("FIELD=VALUE", assignments, "A number, or the name of a value: SCE=1 PA0=WB")->required();
    return parse_and_run(app, argc, argv, [&] {
        auto known = background::open(options);
        if (!known) return fail(to_exit_code(known.error().kind), known.error().line());
        const auto which = choose_register(known->facts(), name, known->machine());
        if (!which) return fail(to_exit_code(which.error().kind), which.error().line());
        const auto before = parse_value(old);
        auto value = before;
        const layout fields = layout_of(*which, known->facts());
        std::set<std::string> given;
        for (const auto& words : assignments) {
            const auto wanted = parse_assignment(words, "FIELD=VALUE");
            if (!wanted) return fail(bad_usage, wanted.error().line());
            if (!given.insert(wanted->name).second) return fail(bad_usage, wanted->name + " is given twice");
            if (value) value = with_field(fields, *value, *wanted);
        }
        if (!value) return fail(bad_usage, value.error().line());
        if (options.json) {
            print(json{{"name", catalogue::name_of(*which->what.entry, which->what.member)}, {"value", hex(*value)}});
        } else {
            fmt::print("{}\n", hex(*value));
        }
        return say_objections(*which, known->machine(), *before, *value);
    });
}

}  // namespace tool
