// The engine against oracles: makes cases, compares answers, and writes what came of it. Cases and answers are as
// lab/oracle has them.

#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "lab/conformance/cases.hpp"
#include "lab/conformance/result.hpp"
#include "msr/catalogue/built_in.hpp"
#include "msr/catalogue/load/loader.hpp"
#include "msr/catalogue/lookup.hpp"

namespace {

using namespace conformance;

constexpr int failed = 1;
constexpr int bad_usage = 2;

struct trouble : std::runtime_error {
    using std::runtime_error::runtime_error;
};

template <class T>
T value_of(std::expected<T, std::string> result) {
    if (!result) throw trouble{result.error()};
    return std::move(*result);
}

// Several files are one recording: the probe's, then those of the cases.
recording read_files(const std::vector<std::string>& names) {
    recording all;
    for (const auto& name : names) {
        std::ifstream file{name};
        if (!file) throw trouble{name + " cannot be read"};
        auto one = read_recording(file);
        if (!one) throw trouble{name + ": " + one.error()};
        if (all.cpuid.empty()) all.cpuid = std::move(one->cpuid);
        all.answers.insert(all.answers.end(), one->answers.begin(), one->answers.end());
    }
    return all;
}

struct request {
    std::string catalogue;
    std::string kind = "guest";
    std::uint64_t seed = 1;
    std::size_t every = 1;
    std::uint32_t members = ~0U;
    std::string without;
    std::vector<std::string> first;
    std::string model;
    std::string oracle;
    std::string passed_through;
    std::string only;
    std::string survivors;
    std::string probe;
    std::vector<std::string> files;
    std::string output;
};

const msr::catalogue::tables& catalogue(const request& asked) {
    if (asked.catalogue.empty()) return msr::catalogue::built_in();
    static const msr::catalogue::tables nothing;
    static const auto loaded = msr::catalogue::load::load(asked.catalogue, nothing);
    if (loaded) return loaded->tables();
    std::string all;
    for (const auto& one : loaded.error())
        all += fmt::format("{}:{}: {}\n", one.file, one.line, one.message);
    throw trouble{all};
}

const msr::catalogue::model_entry* find_model(const msr::catalogue::tables& facts, std::string_view name) {
    for (const auto& one : facts.models) {
        if (one.name == name) return &one;
    }
    throw trouble{"there is no model " + std::string{name}};
}

void write_file(const std::string& name, const std::string& text) {
    const auto temporary = name + ".new";
    std::ofstream file{temporary};
    file << text;
    file.close();
    if (!file || std::rename(temporary.c_str(), name.c_str()) != 0) throw trouble{name + " cannot be written"};
}

// The registers that a file limits a run to, if one is given.
std::optional<std::set<std::uint32_t>> only(const request& asked) {
    if (asked.only.empty()) return std::nullopt;
    return value_of(read_registers(asked.only, catalogue(asked)));
}

// Cases that come before all others and stay: NAME=VALUE.
void write_first(const request& asked) {
    for (const auto& one : asked.first) {
        const auto equals = one.find('=');
        if (equals == std::string::npos) throw trouble{one + " is no NAME=VALUE"};
        const auto found = value_of(find_by_name(catalogue(asked), one.substr(0, equals)));
        if (found.empty()) throw trouble{one + " names no register"};
        const auto value = std::stoull(one.substr(equals + 1), nullptr, 0);
        fmt::print("{}-keep {:x} {:x}\n", asked.kind, found.front().address(), value);
    }
    std::fflush(stdout);
}

int compare_answers(const request& asked) {
    const auto& facts = catalogue(asked);
    const auto* model = find_model(facts, asked.model);
    const auto probe = read_files({asked.probe});
    auto answers = read_files(asked.files).answers;
    if (const auto wanted = only(asked))
        std::erase_if(answers, [&](const answer& one) { return !wanted->contains(one.address); });
    std::set<std::uint32_t> elsewhere;
    if (!asked.passed_through.empty()) elsewhere = value_of(read_registers(asked.passed_through, facts));
    std::vector<known_survivor> known;
    if (!asked.survivors.empty()) known = value_of(read_survivors(asked.survivors));
    const auto result = to_json(asked.oracle, facts, model, compare(facts, model, probe, answers, elsewhere),
                                mutate(facts, model, probe, answers, elsewhere), known);
    const auto text = result.dump(1) + "\n";
    if (!asked.output.empty()) write_file(asked.output, text);
    std::cout << text;
    return is_good(result) ? 0 : failed;
}

int publish(const request& asked) {
    const auto& facts = catalogue(asked);
    std::vector<json> results;
    std::vector<json> intercepts;
    for (const auto& name : asked.files) {
        std::ifstream file{name};
        if (!file) throw trouble{name + " cannot be read"};
        auto one = json::parse(file);
        (one.contains("phases") ? intercepts : results).push_back(std::move(one));
    }
    write_file(asked.output + "/conformance.md", conformance_page(results, intercepts));
    write_file(asked.output + "/differences.md", differences_page(facts, results));
    return 0;
}

int run(int argc, char** argv) {
    request asked;
    CLI::App app{"Holds the engine against the answers of real machines"};
    app.require_subcommand(1);
    app.add_option("--catalogue", asked.catalogue, "A folder instead of the built-in catalogue");
    const auto kind = [&](CLI::App* to) { to->add_option("KIND", asked.kind, "guest or host")->required(); };
    auto* making = app.add_subcommand("cases", "The cases proper");
    auto* probing = app.add_subcommand("probe", "Cases that find out which registers an oracle has");
    kind(probing);
    probing->add_option("--only", asked.only, "A file of registers: no other is asked for");
    for (auto* const one : {probing, making})
        one->add_option("--first", asked.first, "NAME=VALUE: a write that comes before the cases and stays");
    kind(making);
    making->add_option("PROBE", asked.probe, "The answers to the probe")->required();
    making->add_option("--seed", asked.seed, "Of the random values");
    making->add_option("--every", asked.every, "Only every nth value of a register");
    making->add_option("--members", asked.members, "Only so many of a family");
    making->add_option("--without", asked.without, "A file of fields that no case may set");
    auto* comparing = app.add_subcommand("compare", "Compares answers with the engine's; 1: something is unexplained");
    comparing->add_option("ORACLE", asked.oracle, "What the pages call it")->required();
    comparing->add_option("MODEL", asked.model)->required();
    comparing->add_option("PROBE", asked.probe)->required();
    comparing->add_option("ANSWERS", asked.files)->required();
    comparing->add_option("--passed-through", asked.passed_through, "A file of registers that others answer for");
    comparing->add_option("--only", asked.only, "A file of registers: answers of no other are compared");
    comparing->add_option("--survivors", asked.survivors, "A file of mutants that cannot be caught");
    comparing->add_option("--output", asked.output, "Where the result goes besides standard output");
    auto* publishing = app.add_subcommand("publish", "Writes conformance.md and differences.md from results");
    publishing->add_option("FOLDER", asked.output)->required();
    publishing->add_option("RESULTS", asked.files)->required();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : bad_usage;
    }
    if (probing->parsed()) {
        write_first(asked);
        write_probe(std::cout, catalogue(asked), asked.kind == "host", only(asked));
    }
    if (making->parsed()) {
        write_first(asked);
        std::vector<left_out> without;
        if (!asked.without.empty()) without = value_of(read_fields(asked.without, catalogue(asked)));
        write_cases(std::cout, catalogue(asked), read_files({asked.probe}),
                    {.by_host = asked.kind == "host",
                     .seed = asked.seed,
                     .every = asked.every,
                     .members = asked.members,
                     .without = without});
    }
    if (comparing->parsed()) return compare_answers(asked);
    if (publishing->parsed()) return publish(asked);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "msr-conformance: %s\n", error.what());
        return bad_usage;
    }
}
