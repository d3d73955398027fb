// msr-catalogue: checks a catalogue folder, and writes what is derived from it.

#include <cstdio>
#include <exception>
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "compiler/audit/audit.hpp"
#include "compiler/emit_registers.hpp"
#include "compiler/emit_tables.hpp"
#include "compiler/exports.hpp"
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

// What the command line asks for.
struct request {
    std::string folder;
    std::string output;
    std::string form = "cpp";
    std::string base;  // the catalogue that the folder adds to
};

// A folder's facts, on top of another's if there is one.
struct loaded_facts {
    std::optional<catalogue::load::loaded_catalogue> base;
    std::optional<catalogue::load::loaded_catalogue> all;

    [[nodiscard]] const catalogue::tables& tables() const { return all->tables(); }
};

std::expected<loaded_facts, catalogue::load::problems> load(const request& asked) {
    loaded_facts result;
    if (!asked.base.empty()) {
        auto base = catalogue::load::load(asked.base, {});
        if (!base) return std::unexpected{std::move(base.error())};
        result.base = std::move(*base);
    }
    auto all = catalogue::load::load(asked.folder, result.base ? result.base->tables() : catalogue::tables{});
    if (!all) return std::unexpected{std::move(all.error())};
    result.all = std::move(*all);
    return result;
}

void print_counts(const catalogue::tables& facts) {
    std::size_t addresses = 0;
    std::size_t tiled = 0;
    std::size_t tiled_addresses = 0;
    for (const auto& entry : facts.registers) {
        addresses += entry.members;
        if (!entry.fields_known) continue;
        ++tiled;
        tiled_addresses += entry.members;
    }
    fmt::print("{} registers at {} addresses, {} at {} with all fields\n", facts.registers.size(), addresses, tiled,
               tiled_addresses);
}

int check(const request& asked) {
    const auto facts = load(asked);
    if (!facts) return report(facts.error());
    print_counts(facts->tables());
    return 0;
}

using done = std::expected<void, std::string>;

// Typed registers; the tables of the whole are compiled in, those of a user's registers are loaded at run time.
done emit_cpp(const loaded_facts& facts, const std::filesystem::path& out) {
    if (facts.base) return msr::compiler::emit_registers(facts.tables(), facts.base->tables(), out);
    if (auto written = msr::compiler::emit_registers(facts.tables(), out); !written) return written;
    return msr::compiler::write_if_changed(out / "msr/catalogue/built_in.cpp",
                                           msr::compiler::tables_source(facts.tables()));
}

done emit_file(const std::expected<std::string, std::string>& contents, const std::filesystem::path& out) {
    if (!contents) return std::unexpected{contents.error()};
    return msr::compiler::write_if_changed(out, *contents);
}

int emit(const request& asked) {
    const auto facts = load(asked);
    if (!facts) return report(facts.error());
    const auto& tables = facts->tables();
    const auto written = asked.form == "c"      ? emit_file(msr::compiler::c_header(tables), asked.output)
                         : asked.form == "rust" ? emit_file(msr::compiler::rust_module(tables), asked.output)
                         : asked.form == "json" ? emit_file(msr::compiler::json_document(tables), asked.output)
                                                : emit_cpp(*facts, asked.output);
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
    print_counts(loaded->tables());
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
    CLI::App app{"Checks a folder of MSR facts, and writes what is derived from it"};
    app.require_subcommand(1);
    request asked;
    const auto add_folders = [&](CLI::App& verb) {
        verb.add_option("FOLDER", asked.folder)->required();
        verb.add_option("--on", asked.base, "The folder of the catalogue that FOLDER adds to");
    };
    auto* checking = app.add_subcommand("check", "Check the files: form, names, tiling, collisions");
    add_folders(*checking);
    auto* emitting =
        app.add_subcommand("emit", "Write the tables and typed registers as C++, or all of it as one file");
    add_folders(*emitting);
    emitting->add_option("OUTPUT", asked.output, "A folder for C++, otherwise a file")->required();
    emitting->add_option("--as", asked.form, "cpp (default), c, rust or json")
        ->check(CLI::IsMember({"cpp", "c", "rust", "json"}));
    audit_arguments given;
    const auto* auditing = add_audit(app, asked.folder, given);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : bad_input;
    }
    if (auditing->parsed()) return audit(asked.folder, given);
    return checking->parsed() ? check(asked) : emit(asked);
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
