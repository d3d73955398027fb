#include "lab/conformance/result.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "msr/catalogue/lookup.hpp"

namespace conformance {

namespace {

using msr::catalogue::departure_entry;

constexpr std::size_t most_examples = 40;

std::string str(msr::text words) {
    return std::string{std::string_view{words}};
}

std::string in_words(const answer& one) {
    const auto value = [](const std::optional<std::uint64_t>& of) {
        return of ? fmt::format("{:x}", *of) : std::string{"fault"};
    };
    return fmt::format("{}, write {}, {}", value(one.before), one.written ? "ok" : "fault", value(one.after));
}

std::string names_of(const msr::catalogue::tables& facts, const departure_entry& row) {
    std::string result;
    const auto add = [&](const std::string& name) { result += (result.empty() ? "" : ", ") + name; };
    for (const auto& name : row.names)
        add(str(name));
    if (row.names.empty()) {
        for (const auto address : row.addresses)
            add(name_at(facts, address));
    }
    return result;
}

json mutants_of(const std::string& oracle, const msr::catalogue::tables& facts, const std::vector<mutant>& mutants,
                const std::vector<known_survivor>& known) {
    const auto count = [&](auto fate) { return std::ranges::count(mutants, fate, &mutant::fate); };
    json survivors = json::array();
    std::size_t expected = 0;
    for (const auto& one : mutants) {
        if (one.fate != mutant::survived) continue;
        const auto name = name_at(facts, one.address);
        const bool is_known = std::ranges::any_of(known, [&](const auto& other) {
            return other.name == name && one.what.starts_with(other.what) &&
                   (other.oracle == "*" || oracle.starts_with(other.oracle));
        });
        if (is_known) {
            ++expected;
        } else {
            survivors.push_back(name + " " + one.what);
        }
    }
    return {{"all", mutants.size()},
            {"caught", count(mutant::caught)},
            {"invisible", count(mutant::invisible)},
            {"known_survivors", expected},
            {"survivors", survivors}};
}

std::string intercepts_section(std::span<const json> intercepts) {
    if (intercepts.empty()) return {};
    std::string section =
        "\n## Intercepts\n\n"
        "A guest of mainline KVM reads and writes every register of the catalogue in the ranges of the bitmaps; the "
        "kernel's tracepoints `kvm_msr` and `kvm_exit` tell which accesses left it. `msr intercept` predicts each for "
        "the same CPUID, filter, settings and states. *Unexplained* fails the test. What no lab has, and so rests on "
        "its source alone, stands in [oracles.md](oracles.md).\n\n"
        "| oracle | policy | registers | guest | accesses | left the guest | passed | unexplained |\n"
        "|---|---|---|---|---|---|---|---|\n";
    for (const auto& one : intercepts) {
        for (const auto& phase : one["phases"]) {
            const auto accesses = phase["accesses"].get<int>();
            const auto exited = phase["exited"].get<int>();
            section += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", one["oracle"].get<std::string>(),
                                   one["policy"].get<std::string>(), phase["registers"].get<int>(),
                                   phase["phase"].get<std::string>(), accesses, exited, accesses - exited,
                                   phase["unexplained"].get<int>());
        }
    }
    return section;
}

}  // namespace

std::string name_at(const msr::catalogue::tables& facts, std::uint32_t address) {
    const auto targets = msr::catalogue::at_address(facts, address);
    return targets.empty() ? fmt::format("{:x}", address)
                           : msr::catalogue::name_of(*targets.front().entry, targets.front().member);
}

json to_json(const std::string& oracle, const msr::catalogue::tables& facts, const msr::catalogue::model_entry* model,
             const comparison& of, const std::vector<mutant>& mutants, const std::vector<known_survivor>& known) {
    const auto& all = of.total;
    json result{{"oracle", oracle},
                {"model", model != nullptr ? str(model->name) : "architectural"},
                {"cases", all.all()},
                {"agreed", all.agreed},
                {"differed", all.differed},
                {"absent", all.absent},
                {"not_comparable", all.not_comparable},
                {"unexplained", all.unexplained}};
    result["registers"] = std::ranges::count_if(
        of.registers, [](const auto& one) { return one.second.agreed + one.second.differed > 0; });
    result["mutants"] = mutants_of(oracle, facts, mutants, known);
    json causes = json::array();
    for (const auto& [row, cases] : of.causes)
        causes.push_back({{"reason", str(row->reason)}, {"registers", names_of(facts, *row)}, {"cases", cases}});
    result["causes"] = causes;
    json examples = json::array();
    for (const auto& [real, predicted] : of.unexplained) {
        if (examples.size() == most_examples) break;
        examples.push_back(fmt::format("{} {}{:x}: the oracle says {}; the model {}", name_at(facts, real.address),
                                       real.by_host ? "host " : "", real.value, in_words(real), in_words(predicted)));
    }
    result["examples"] = examples;
    return result;
}

bool is_good(const json& result) {
    return result["unexplained"] == 0 && result["mutants"]["survivors"].empty();
}

std::string conformance_page(std::span<const json> results, std::span<const json> intercepts) {
    std::string page =
        "# Conformance: the engine against real machines\n\n"
        "Written by the lab tests; [oracles.md](oracles.md) tells what each machine can prove, "
        "[differences.md](differences.md) what differed and why.\n\n"
        "A case is a read, a write, a read, and the first value written back, of one register on a real machine. The "
        "engine plays the same CPU. *Agreed*: the machine does what the manuals say, and its model says so too. "
        "*Differed*: it does what a row of its model says. *Absent*: it has no such register, whatever the manuals "
        "say; never counted as agreement. *Not comparable*: the manuals leave it open, the value moves by itself, "
        "something else than the oracle answers, or the oracle could not be put back. *Unexplained* fails the test.\n\n"
        "| oracle | model | cases | registers | agreed | differed | absent | not comparable | unexplained |\n"
        "|---|---|---|---|---|---|---|---|---|\n";
    for (const auto& one : results) {
        page += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", one["oracle"].get<std::string>(),
                            one["model"].get<std::string>(), one["cases"].get<int>(), one["registers"].get<int>(),
                            one["agreed"].get<int>(), one["differed"].get<int>(), one["absent"].get<int>(),
                            one["not_comparable"].get<int>(), one["unexplained"].get<int>());
    }
    page +=
        "\n## Mutants\n\n"
        "Each mutant is the catalogue with one fact of one register changed, so that the engine behaves otherwise on "
        "the oracle's CPU: a reserved bit, a gate, a legal value, an access, a lock, a rule. It is caught when a case "
        "of the oracle contradicts it. *Invisible*: the oracle let nothing be written to the register. *Known*: no "
        "case can tell, for the reason in `lab/conformance/survivors.txt`. A survivor that is not known fails the "
        "test.\n\n"
        "| oracle | mutants | caught | invisible | known | other survivors |\n|---|---|---|---|---|---|\n";
    for (const auto& one : results) {
        const auto& mutants = one["mutants"];
        page += fmt::format("| {} | {} | {} | {} | {} | {} |\n", one["oracle"].get<std::string>(),
                            mutants["all"].get<int>(), mutants["caught"].get<int>(), mutants["invisible"].get<int>(),
                            mutants["known_survivors"].get<int>(), mutants["survivors"].size());
    }
    return page + intercepts_section(intercepts);
}

std::string differences_page(const msr::catalogue::tables& facts, std::span<const json> results) {
    std::string page =
        "# Differences: where implementations depart from the manuals\n\n"
        "Written by the lab tests from the models in `catalogue/models/`. A row is one departure; its last column says "
        "how many cases of which oracle it explained. Rows that no oracle touched rest on their source alone.\n";
    for (const auto& model : facts.models) {
        page += fmt::format("\n## {}: {}\n\n| registers | what differs | source | cases |\n|---|---|---|---|\n",
                            str(model.name), str(model.title));
        for (const auto& row : model.departures) {
            std::string cases;
            for (const auto& one : results) {
                if (one["model"] != str(model.name)) continue;
                for (const auto& cause : one["causes"]) {
                    if (cause["reason"] != str(row.reason) || cause["registers"] != names_of(facts, row)) continue;
                    cases += fmt::format("{}{} {}", cases.empty() ? "" : "; ", one["oracle"].get<std::string>(),
                                         cause["cases"].get<int>());
                }
            }
            page += fmt::format("| {} | {} | {} | {} |\n", names_of(facts, row), str(row.reason), str(row.source),
                                cases.empty() ? "–" : cases);
        }
    }
    return page;
}

}  // namespace conformance
