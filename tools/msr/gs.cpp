// msr gs: the bases of FS and GS on entry, exit and context switch: sequences checked, switches planned.

#include "tools/msr/gs.hpp"

#include <fmt/format.h>

#include "msr/context/segment_bases/library.hpp"
#include "msr/context/segment_bases/reader.hpp"
#include "msr/context/segment_bases/table.hpp"
#include "tools/msr/cpu_source.hpp"
#include "tools/msr/values.hpp"
#include "tools/msr/verbs.hpp"

namespace tool {

namespace context = msr::context;

namespace {

json modes_json(const context::program& one) {
    auto result = json::array();
    if (one.in_idt) result.push_back("idt");
    if (one.in_fred) result.push_back("fred");
    return result;
}

exit_code list_sequences(bool as_json) {
    auto list = json::array();
    for (const auto& one : context::library()) {
        const auto read = context::read(one.name, one.text, context::delivery::idt);
        if (!read) return fail(no_access, fmt::format("{}: {}", one.name, read.error().message));
        if (as_json) {
            list.push_back({{"name", one.name},
                            {"title", read->title},
                            {"expected", expectation(*read)},
                            {"modes", modes_json(*read)},
                            {"sources", read->sources}});
        } else {
            fmt::print("{:36} {:30} {}\n", one.name, expectation(*read), read->title);
        }
    }
    if (as_json) print(json{{"sequences", std::move(list)}});
    return done;
}

exit_code show_table(bool as_json) {
    const auto rows = context::mechanism_table();
    if (!as_json) {
        fmt::print("{}", context::table_text(rows));
        return done;
    }
    auto list = json::array();
    for (const auto& row : rows) {
        list.push_back({{"mechanism", row.mechanism},
                        {"mode", to_word(row.mode)},
                        {"writes", row.writes},
                        {"faults", row.faults},
                        {"unsafe", row.unsafe},
                        {"safe_if", row.safe_if},
                        {"serialises", row.serialises},
                        {"proven_in", row.proven_in}});
    }
    print(json{{"rows", std::move(list)}});
    return done;
}

}  // namespace

std::string expectation(const context::program& one) {
    if (one.expected == context::violation::none) return "safe";
    return fmt::format("refuted {}", std::string_view{to_string(one.expected)});
}

host::outcome<context::cpu_facts> segment_facts(const common_options& options) {
    const auto known = facts::load(options.catalogue);
    if (!known) return std::unexpected{known.error()};
    const auto cpu = find_cpu(**known, options);
    if (!cpu) return std::unexpected{cpu.error()};
    return context::facts_of(profile::profile{**known, cpu->cpuid, cpu->registers});
}

host::outcome<context::delivery> delivery_of(std::string_view word, const context::cpu_facts* on) {
    if (word == "idt") return context::delivery::idt;
    if (word != "fred")
        return host::bad_input(fmt::format("`{}` is no way to deliver events", word), "there are idt and fred");
    if (on != nullptr && !on->fred) return host::bad_input("this CPU has no FRED", {}, "use --mode idt");
    return context::delivery::fred;
}

exit_code gs_verb(int argc, char** argv) {
    if (argc > 1 && std::string_view{argv[1]} == "check") return gs_check(argc - 1, argv + 1);
    if (argc > 1 && std::string_view{argv[1]} == "plan") return gs_plan(argc - 1, argv + 1);
    common_options options;
    std::string what = "list";
    CLI::App app{
        "The bases of FS and GS: gs list: sequences with known answers; gs check: is one safe, whatever arrives where; "
        "gs plan: the cheapest switch between two tasks; gs table: what each mechanism writes, and where it is unsafe",
        "gs"};
    add_json(app, options);
    app.add_option("WHAT", what, "list, check, plan or table")
        ->check(CLI::IsMember({"list", "table"}))
        ->capture_default_str();
    return parse_and_run(app, argc, argv,
                         [&] { return what == "table" ? show_table(options.json) : list_sequences(options.json); });
}

}  // namespace tool
