// msr-catalogue: checks a catalogue folder, and writes what is derived from it.

#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "compiler/audit/audit.hpp"
#include "compiler/emit_registers.hpp"
#include "compiler/emit_tables.hpp"
#include "compiler/write_file.hpp"
#include "msr/catalogue/load/loader.hpp"

namespace {

namespace catalogue = msr::catalogue;

constexpr int finding = 1;
constexpr int bad_input = 2;

int report(const catalogue::load::problems& found) {
    for (const auto& one : found) {
        if (one.line > 0) {
            fmt::print(stderr, "{}:{}: {}\n", one.file, one.line, one.message);
        } else {
            fmt::print(stderr, "{}: {}\n", one.file, one.message);
        }
    }
    fmt::print(stderr, "{} problem{}\n", found.size(), found.size() == 1 ? "" : "s");
    return finding;
}

int check(const std::string& folder) {
    const auto loaded = catalogue::load::load(folder, {});
    if (!loaded) return report(loaded.error());
    std::size_t tiled = 0;
    std::size_t addresses = 0;
    for (const auto& entry : loaded->tables().registers) {
        tiled += entry.fields_known ? 1 : 0;
        addresses += entry.members;
    }
    fmt::print("{} registers at {} addresses, {} with all fields\n", loaded->tables().registers.size(), addresses,
               tiled);
    return 0;
}

int emit(const std::string& folder, const std::string& output) {
    const auto loaded = catalogue::load::load(folder, {});
    if (!loaded) return report(loaded.error());
    const auto& tables = loaded->tables();
    const std::filesystem::path out{output};
    auto written = msr::compiler::emit_registers(tables, out);
    if (written) {
        written =
            msr::compiler::write_if_changed(out / "msr/catalogue/built_in.cpp", msr::compiler::tables_source(tables));
    }
    if (written) return 0;
    fmt::print(stderr, "msr-catalogue: {}\n", written.error());
    return bad_input;
}

struct audit_arguments {
    msr::audit::lists lists;
    std::filesystem::path verdicts;
    std::string listed;  // empty: none
};

const std::map<std::string, msr::audit::outcome>& results() {
    using msr::audit::outcome;
    static const std::map<std::string, outcome> names{{"agreed", outcome::agreed},
                                                      {"other-name", outcome::other_name},
                                                      {"regrouped", outcome::regrouped},
                                                      {"absent", outcome::absent},
                                                      {"conflicting", outcome::conflicting}};
    return names;
}

int audit(const std::string& folder, const audit_arguments& given) {
    const auto loaded = catalogue::load::load(folder, {});
    if (!loaded) return report(loaded.error());
    catalogue::load::problems found;
    const auto claims = msr::audit::read_lists(given.lists, found);
    if (claims.empty() && found.empty()) {
        fmt::print(stderr, "msr-catalogue: audit needs a list: --linux-headers, --msrtool or --facts\n");
        return bad_input;
    }
    const auto verdicts = given.verdicts.empty() ? std::filesystem::path{folder} / "verdicts.yaml" : given.verdicts;
    std::optional<msr::audit::outcome> listed;
    if (!given.listed.empty()) listed = results().at(given.listed);
    const auto result = msr::audit::audit(claims, loaded->tables(), verdicts, listed, found);
    if (!found.empty()) {
        report(found);
        return bad_input;
    }
    fmt::print("{}", result.text);
    return result.settled ? 0 : finding;
}

CLI::App* add_audit(CLI::App& app, std::string& folder, audit_arguments& into) {
    auto* result = app.add_subcommand("audit", "Compare with lists that others have made; docs/audit.md");
    result->add_option("FOLDER", folder)->required();
    result->add_option("--linux-headers", into.lists.linux_headers, "Folder of a kernel's headers");
    result->add_option("--msrtool", into.lists.msrtool, "File with what `msrtool -kl` prints");
    result->add_option("--facts", into.lists.facts, "Folder of addresses.tsv, fields.tsv, models.tsv");
    result->add_option("--verdicts", into.verdicts, "File of settled conflicts, instead of FOLDER/verdicts.yaml");
    std::set<std::string> result_names;
    for (const auto& [name, outcome] : results())
        result_names.insert(name);
    result->add_option("--list", into.listed, "Print every claim of this result")->check(CLI::IsMember(result_names));
    return result;
}

int run(int argc, char** argv) {
    CLI::App app{"Checks a folder of MSR facts, and writes C++ from it"};
    app.require_subcommand(1);
    std::string folder;
    std::string output;
    auto* checking = app.add_subcommand("check", "Check the files: form, names, tiling, collisions");
    checking->add_option("FOLDER", folder)->required();
    auto* emitting = app.add_subcommand("emit", "Write the tables and the typed registers as C++");
    emitting->add_option("FOLDER", folder)->required();
    emitting->add_option("OUTPUT", output)->required();
    audit_arguments given;
    const auto* auditing = add_audit(app, folder, given);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : bad_input;
    }
    if (auditing->parsed()) return audit(folder, given);
    return checking->parsed() ? check(folder) : emit(folder, output);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "msr-catalogue: %s\n", error.what());  // formatting could throw in its turn
        return bad_input;
    }
}
