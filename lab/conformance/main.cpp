// The engine against an oracle. usage:
//   msr-conformance probe guest|host                        cases that find out which registers an oracle has
//   msr-conformance cases guest|host SEED PROBE             the cases proper; PROBE: the answers to the first
//   msr-conformance compare MODEL PROBE ANSWERS [--mutants] counts, one line each; exit 1: unexplained, or not caught
// With CATALOGUE=FOLDER in the environment, by that catalogue instead of the one that is built in.
// Answers and cases are as lab/oracle has them; everything is printed on standard output.

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "lab/conformance/cases.hpp"
#include "lab/conformance/compare.hpp"
#include "lab/conformance/mutate.hpp"
#include "msr/catalogue/built_in.hpp"
#include "msr/catalogue/load/loader.hpp"
#include "msr/catalogue/lookup.hpp"

namespace {

using namespace conformance;

constexpr int failed = 1;
constexpr int bad_usage = 2;
constexpr std::size_t most_shown = 100000;

struct trouble : std::runtime_error {
    using std::runtime_error::runtime_error;
};

recording read_file(const std::string& name) {
    std::ifstream file{name};
    if (!file) throw trouble{name + " cannot be read"};
    auto result = read_recording(file);
    if (!result) throw trouble{name + ": " + result.error()};
    return std::move(*result);
}

const msr::catalogue::model_entry* find_model(const msr::catalogue::tables& facts, std::string_view name) {
    for (const auto& one : facts.models) {
        if (one.name == name) return &one;
    }
    if (name != "architectural") throw trouble{"there is no model " + std::string{name}};
    return nullptr;
}

std::string name_at(const msr::catalogue::tables& facts, std::uint32_t address) {
    const auto targets = msr::catalogue::at_address(facts, address);
    return targets.empty() ? fmt::format("{:x}", address)
                           : msr::catalogue::name_of(*targets.front().entry, targets.front().member);
}

std::string in_words(const answer& one) {
    const auto value = [](const std::optional<std::uint64_t>& of) {
        return of ? fmt::format("{:x}", *of) : std::string{"fault"};
    };
    return fmt::format("{} write {} {}", value(one.before), one.written ? "ok" : "fault", value(one.after));
}

void print(const msr::catalogue::tables& facts, const comparison& result) {
    const auto& all = result.total;
    fmt::print("cases {}\nagreed {}\ndiffered {}\nabsent {}\nnot-comparable {}\nunexplained {}\n", all.all(),
               all.agreed, all.differed, all.absent, all.not_comparable, all.unexplained);
    std::size_t compared = 0;
    for (const auto& [address, count] : result.registers)
        compared += count.agreed + count.differed > 0 ? 1 : 0;
    fmt::print("registers {}\n", compared);
    for (const auto& [row, count] : result.causes)
        fmt::print("cause {} {}\n", count, std::string_view{row->reason});
    std::size_t shown = 0;
    for (const auto& [real, predicted] : result.unexplained) {
        if (++shown > most_shown) break;
        fmt::print("unexplained {} {}{:x}: the oracle says {}; the model {}\n", name_at(facts, real.address),
                   real.by_host ? "host " : "", real.value, in_words(real), in_words(predicted));
    }
}

bool print(const msr::catalogue::tables& facts, const std::vector<mutant>& mutants) {
    std::size_t caught = 0;
    std::size_t invisible = 0;
    for (const auto& one : mutants) {
        caught += one.fate == mutant::caught ? 1 : 0;
        invisible += one.fate == mutant::invisible ? 1 : 0;
        if (one.fate == mutant::survived) fmt::print("survivor {} {}\n", name_at(facts, one.address), one.what);
    }
    fmt::print("mutants {}\ncaught {}\ninvisible {}\n", mutants.size(), caught, invisible);
    return caught + invisible == mutants.size();
}

const msr::catalogue::tables& catalogue() {
    const auto* folder = std::getenv("CATALOGUE");
    if (folder == nullptr) return msr::catalogue::built_in();
    static const msr::catalogue::tables nothing;
    static const auto loaded = msr::catalogue::load::load(folder, nothing);
    if (loaded) return loaded->tables();
    std::string all;
    for (const auto& one : loaded.error())
        all += fmt::format("{}:{}: {}\n", one.file, one.line, one.message);
    throw trouble{all};
}

int run(const std::vector<std::string>& words) {
    const auto& facts = catalogue();
    const auto is = [&](const char* verb, std::size_t count) { return words.size() >= count && words[0] == verb; };
    if (is("probe", 2)) {
        write_probe(std::cout, facts, words[1] == "host");
        return 0;
    }
    if (is("cases", 4)) {
        write_cases(std::cout, facts, read_file(words[3]), words[1] == "host", std::stoull(words[2]));
        return 0;
    }
    if (!is("compare", 4)) throw trouble{"no such call; the head of lab/conformance/main.cpp says what there is"};
    const auto* model = find_model(facts, words[1]);
    const auto probe = read_file(words[2]);
    const auto answers = read_file(words[3]).answers;
    const auto result = compare(facts, model, probe, answers);
    print(facts, result);
    bool good = result.unexplained.empty();
    if (words.size() > 4 && words[4] == "--mutants") good = print(facts, mutate(facts, model, probe, answers)) && good;
    return good ? 0 : failed;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "msr-conformance: %s\n", error.what());
        return bad_usage;
    }
}
