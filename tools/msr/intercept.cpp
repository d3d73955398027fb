// msr intercept: which accesses of a guest exit under a policy, and why.

#include "tools/msr/intercept.hpp"

#include <fmt/format.h>

#include "msr/host/files.hpp"
#include "tools/msr/intercept_filter.hpp"
#include "tools/msr/verbs.hpp"

namespace tool {

namespace {

struct intercept_request {
    intercept_names names;
    std::vector<std::string> registers;
    std::string explain;
    std::string form;    // of --as
    std::string output;  // of -o
    bool json = false;
};

json access_line_json(const access_line& one) {
    return {{"exits", one.exits}, {"why", one.why}};
}

json decisions_json(const intercept_case& on, const std::vector<decision_line>& lines) {
    auto list = json::array();
    for (const auto& one : lines) {
        list.push_back({{"name", one.registers.name},
                        {"first", hex(one.registers.first)},
                        {"last", hex(one.registers.last)},
                        {"stride", one.registers.stride},
                        {"read", access_line_json(one.read)},
                        {"write", access_line_json(one.write)}});
    }
    return {{"policy", str(on.policy().name)}, {"on", on.on_svm() ? "svm" : "vmx"},
            {"host", on.host_cpu().name},      {"guest", on.guest_cpu().name},
            {"set", on.inputs_set()},          {"registers", std::move(list)}};
}

void print_lines(const intercept_case& on, const std::vector<decision_line>& lines) {
    fmt::print("{}\n\n{:23} {:40} {:6} {:6} why\n", case_words(on), "address", "register", "read", "write");
    const auto word = [](const access_line& one) { return one.exits ? "exits" : "passes"; };
    for (const auto& one : lines) {
        const bool alike = one.read.why == one.write.why;
        fmt::print("{:23} {:40} {:6} {:6} {}{}\n", one.registers.addresses(), one.registers.name, word(one.read),
                   word(one.write), alike ? "" : "read: ", one.read.why);
        if (!alike) fmt::print("{:78} write: {}\n", "", one.write.why);
    }
}

exit_code write_decisions(const intercept_request& asked, std::string_view content) {
    const auto written = host::replace_file(asked.output, content);
    if (!written) return fail(to_exit_code(written.error().kind), written.error().line());
    return done;
}

exit_code show_decisions(const intercept_case& on, const intercept_request& asked) {
    auto addresses = on.addresses();
    if (!asked.registers.empty()) {
        auto named = addresses_named(on, asked.registers);
        if (!named) return fail(to_exit_code(named.error().kind), named.error().line());
        addresses = std::move(*named);
    }
    const auto lines = decision_lines(on, addresses);
    if (asked.form == "json") return write_decisions(asked, decisions_json(on, lines).dump(2) + "\n");
    if (asked.json) {
        print(decisions_json(on, lines));
    } else {
        print_lines(on, lines);
        if (asked.registers.empty()) fmt::print("\nWhat is not listed exits.\n");
    }
    return done;
}

exit_code explain_register(const intercept_case& on, const intercept_request& asked) {
    const auto addresses = addresses_named(on, {asked.explain});
    if (!addresses) return fail(to_exit_code(addresses.error().kind), addresses.error().line());
    if (!asked.json) fmt::print("{}\n", case_words(on));
    auto list = json::array();
    for (const auto address : *addresses) {
        if (asked.json) {
            list.push_back(chain_json(on, address));
        } else {
            fmt::print("\n");
            print_chain(on, address);
        }
    }
    if (asked.json) print(json{{"policy", str(on.policy().name)}, {"registers", std::move(list)}});
    return done;
}

exit_code render_decisions(const intercept_case& on, const intercept_request& asked) {
    if (asked.output.empty()) return fail(bad_usage, "--as writes a file: name it with -o");
    if (asked.form == "json") return show_decisions(on, asked);
    if (asked.form == "kvm-filter") {
        const auto filter = filter_text(on);
        if (!filter) return fail(to_exit_code(filter.error().kind), filter.error().line());
        if (!filter->left_out.empty()) static_cast<void>(fail(finding, filter->left_out));
        const auto written = write_decisions(asked, filter->text);
        return written != done || filter->left_out.empty() ? written : finding;
    }
    if ((asked.form == "svm-map") != on.on_svm())
        return fail(bad_usage,
                    fmt::format("the decisions are for {}: there is no {}", on.on_svm() ? "SVM" : "VMX", asked.form));
    return write_decisions(asked, on.map_bytes());
}

exit_code decide_intercepts(const intercept_request& asked) {
    if (asked.names.policy.empty() || asked.names.guest.empty())
        return fail(bad_usage,
                    "a policy and a guest have to be named: --policy, --guest; msr intercept list has policies");
    const auto on = intercept_case::open(asked.names);
    if (!on) return fail(to_exit_code(on.error().kind), on.error().line());
    if (const auto doubt = (**on).doubt(); !doubt.empty()) fmt::print(stderr, "msr: {}\n", doubt);
    if (!asked.form.empty()) return render_decisions(**on, asked);
    return asked.explain.empty() ? show_decisions(**on, asked) : explain_register(**on, asked);
}

exit_code list_policies(int argc, char** argv) {
    common_options options;
    CLI::App app{"Lists the intercept policies that ship, or with --inputs the settings and states they name",
                 "intercept list"};
    bool inputs = false;
    add_json(app, options);
    add_catalogue(app, options);
    app.add_flag("--inputs", inputs, "What --set takes");
    return parse_and_run(app, argc, argv, [&] {
        const auto known = facts::load(options.catalogue);
        if (!known) return fail(to_exit_code(known.error().kind), known.error().line());
        auto document = json::object();
        const auto list = [&](const char* kind, const auto& entries) {
            auto names = json::array();
            for (const auto& one : entries) {
                names.push_back({{"name", str(one.name)}, {"title", str(one.title)}});
                if (!options.json) fmt::print("{:24} {}\n", str(one.name), str(one.title));
            }
            document[kind] = std::move(names);
        };
        if (inputs) {
            list("settings", (**known).settings);
            list("states", (**known).states);
        } else {
            list("policies", (**known).policies);
        }
        if (options.json) print(document);
        return done;
    });
}

json ranges_json(const msr::virt::kvm_filter& filter, const catalogue::tables& known) {
    auto list = json::array();
    for (const auto& range : filter.ranges) {
        auto allowed = json::array();
        for (const auto& one : allowed_registers(range, known))
            allowed.push_back({{"first", hex(one.first)}, {"last", hex(one.last)}, {"names", one.names}});
        list.push_back({{"access", access_words(range)},
                        {"base", hex(range.base)},
                        {"count", range.count},
                        {"allowed", std::move(allowed)}});
    }
    return list;
}

exit_code show_filter(int argc, char** argv) {
    common_options options;
    CLI::App app{"Shows a filter of KVM's: its ranges, the registers that each allows, and what holds for all else",
                 "intercept filter"};
    std::string file;
    add_json(app, options);
    add_catalogue(app, options);
    app.add_option("FILE", file, "A filter, as --as kvm-filter writes it")->required();
    return parse_and_run(app, argc, argv, [&] {
        const auto known = facts::load(options.catalogue);
        if (!known) return fail(to_exit_code(known.error().kind), known.error().line());
        const auto filter = load_kvm_filter(file, **known);
        if (!filter) return fail(to_exit_code(filter.error().kind), filter.error().line());
        const auto shown = **filter;
        if (options.json) {
            const bool denies = (shown.flags & msr::virt::kvm_filter::denies_by_default) != 0;
            print(json{{"default", denies ? "deny" : "allow"}, {"ranges", ranges_json(shown, **known)}});
        } else {
            fmt::print("{}", kvm_filter_page(shown, **known));
        }
        return done;
    });
}

}  // namespace

void add_case(CLI::App& app, intercept_names& names) {
    app.add_option("--guest", names.guest, "The guest's CPU: a name of msr profile list, a file, or host");
    app.add_option("--features", names.features, "Features that the guest is to have or lack, as +fred,-cet_ss")
        ->delimiter(',')
        ->expected(1)
        ->take_all()
        ->allow_extra_args(false);  // what follows are the verb's own words
    app.add_option("--host", names.host, "The host's CPU, likewise (the guest's, without its changes)");
    app.add_option("--vendor", names.vendor, "vmx or svm: whose map (what the policy is for, or the host has)");
    app.add_option("--filter", names.filter, "A filter of user space: a file that msr intercept filter shows");
    app.add_option("--set", names.set, "Settings and states that hold, as msr intercept list --inputs names them")
        ->delimiter(',')
        ->expected(1)
        ->take_all()
        ->allow_extra_args(false);  // what follows are the verb's own words
    app.add_option("--catalogue", names.catalogue,
                   "A folder with register files of your own, added to the built-in ones");
}

exit_code intercept_verb(int argc, char** argv) {
    if (argc > 1 && std::string_view{argv[1]} == "list") return list_policies(argc - 1, argv + 1);
    if (argc > 1 && std::string_view{argv[1]} == "filter") return show_filter(argc - 1, argv + 1);
    if (argc > 1 && std::string_view{argv[1]} == "diff") return intercept_diff(argc - 1, argv + 1);
    intercept_request asked;
    CLI::App app{
        "Says which RDMSR and WRMSR of a guest exit under a policy, and why; intercept list: the policies; intercept "
        "diff: what differs between two policies, guests or filters; intercept filter: what a filter of KVM's says",
        "intercept"};
    app.add_flag("--json", asked.json, "Print JSON");
    app.add_option("--policy", asked.names.policy, "A name of msr intercept list, or a file");
    add_case(app, asked.names);
    auto* const explain =
        app.add_option("--explain", asked.explain, "The chain of rows, conditions and ranges that decided a register");
    auto* const form = app.add_option("--as", asked.form, "Write vmx-bitmap, svm-map, kvm-filter or json to -o");
    form->check(CLI::IsMember({"vmx-bitmap", "svm-map", "kvm-filter", "json"}));
    app.add_option("-o,--output", asked.output, "The file to write")->needs(form);
    auto* const registers =
        app.add_option("REGISTER", asked.registers, "Registers to decide (those that the policy names)");
    // A file has the whole decision, and a chain is of one register.
    form->excludes(explain)->excludes(registers);
    explain->excludes(registers);
    return parse_and_run(app, argc, argv, [&] { return decide_intercepts(asked); });
}

}  // namespace tool
