#include "tools/msr/cpu_source.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "msr/catalogue/load/profiles.hpp"
#include "msr/catalogue/lookup.hpp"
#include "msr/host/cpu_list.hpp"
#include "msr/host/files.hpp"
#include "msr/host/open.hpp"
#include "msr/host/snapshot_format.hpp"
#include "msr/host/snapshot_machine.hpp"
#include "tools/msr/cpu_name.hpp"
#include "tools/msr/session.hpp"

namespace tool {

namespace {

using found_cpu = host::outcome<cpu_description>;
namespace load = catalogue::load;

// Profiles are called as words are: sapphire-rapids for the processor sapphire_rapids.
std::string profile_name(const profile::profile& cpu) {
    const auto* const processor = processor_of(cpu);
    std::string name{processor != nullptr ? std::string_view{processor->name} : "unnamed"};
    std::ranges::replace(name, '_', '-');
    return name;
}

// What has no name of its own is called as the catalogue calls its processor.
void give_names(const catalogue::tables& facts, cpu_description& cpu) {
    const profile::profile described{facts, cpu.cpuid, cpu.registers};
    if (cpu.name.empty()) cpu.name = profile_name(described);
    if (!cpu.title.empty()) return;
    cpu.title = brand_of(described);
    const auto* const processor = processor_of(described);
    if (cpu.title.empty()) cpu.title = processor != nullptr ? std::string{std::string_view{processor->title}} : "A CPU";
}

// The machine's first chosen CPU: its CPUID, and what can be read of the registers that conditions refer to.
found_cpu describe(const catalogue::tables& facts, host::machine& machine, const std::string& cpus) {
    if (machine.cpus().empty()) return host::bad_input("there is no CPU in " + machine.description());
    auto number = machine.cpus().front();
    if (!cpus.empty()) {
        const auto requested = host::parse_cpu_list(cpus);
        if (!requested) return std::unexpected{requested.error()};
        const auto selection = host::select_cpus(machine, *requested);
        if (selection.usable.empty())
            return std::unexpected{
                host::error{host::error_kind::no_access, "no CPU to look at", selection.complaint(), ""}};
        number = selection.usable.front();
    }
    cpu_description result;
    const auto leaves = machine.cpuid(number);
    result.cpuid.assign(leaves.begin(), leaves.end());
    const auto referred = referred_addresses(facts);
    const std::vector<std::uint32_t> addresses(referred.begin(), referred.end());
    const auto values = machine.read({&number, 1}, addresses);
    for (std::size_t at = 0; at < addresses.size(); ++at) {
        if (const auto& value = values.at(0, at)) result.registers.push_back({addresses[at], *value});
    }
    result.sources.push_back(fmt::format("CPU {} of {}: {}", number, machine.cpus().size(), machine.description()));
    return result;
}

found_cpu from_problems(const load::problems& found) {
    const auto& first = found.front();
    return host::bad_input(first.line > 0 ? fmt::format("{}:{}", first.file, first.line) : first.file, first.message);
}

// A file's name may hold anything, and stands in the sources of what is read from it.
std::string printable(std::string name) {
    std::ranges::replace_if(name, [](char letter) { return letter < ' ' || letter > '~'; }, '?');
    return name;
}

found_cpu read_cpu_file(const catalogue::tables& facts, const std::string& path, const std::string& cpus) {
    const auto text = host::read_file(path, host::snapshot_limits::bytes);
    if (!text) return host::bad_input("cannot read " + path, host::describe_errno(text.error()));
    if (text->starts_with(host::snapshot_format::first_line)) {
        auto recorded = host::snapshot_machine::from_text(*text, printable(path));
        if (!recorded) return std::unexpected{recorded.error()};
        return describe(facts, *recorded, cpus);
    }
    auto cpu = load::is_cpuid_output(*text) ? load::load_cpuid_output(printable(path), *text)
                                            : load::load_profile(printable(path), *text, facts);
    if (!cpu) return from_problems(cpu.error());
    return std::move(*cpu);
}

found_cpu shipped_cpu(const catalogue::profile_entry& entry) {
    cpu_description result;
    result.name = std::string_view{entry.name};
    result.title = std::string_view{entry.title};
    result.cpuid.assign(entry.cpuid.begin(), entry.cpuid.end());
    result.registers.assign(entry.registers.begin(), entry.registers.end());
    for (const auto& source : entry.sources)
        result.sources.emplace_back(std::string_view{source});
    return result;
}

found_cpu named_cpu(const catalogue::tables& facts, const common_options& options) {
    if (options.profile.empty() || options.profile == "host") {
        const auto machine = host::open_machine(options.from.empty() ? "auto" : options.from);
        if (!machine) return std::unexpected{machine.error()};
        return describe(facts, **machine, options.cpus);
    }
    if (!options.from.empty() && options.from != "auto")
        return host::bad_input("--profile and --from both name a CPU", {}, "leave one of them out");
    const auto known = catalogue::find_profile(facts, options.profile);
    if (known && !options.cpus.empty())
        return host::bad_input("--cpus is of a machine, and " + options.profile + " is one CPU");
    if (known) return shipped_cpu(facts.profiles[*known]);
    std::error_code ignored;
    if (!std::filesystem::exists(options.profile, ignored))
        return host::bad_input(known.error(), "and there is no such file");
    return read_cpu_file(facts, options.profile, options.cpus);
}

// The features that a name means: the one that is called so, or all whose names begin with it: `cet` is `cet_ss`,
// `cet_ibt` and the rest.
std::vector<std::string> features_named(const catalogue::tables& facts, const std::string& name) {
    std::vector<std::string> result;
    for (const auto& one : facts.features) {
        const std::string_view full{one.name};
        if (full == name) return {name};
        if (full.starts_with(name + "_")) result.emplace_back(full);
    }
    if (result.empty()) result.push_back(name);
    return result;
}

// What a feature that was added needs comes with it, unless it was taken away by name.
host::outcome<void> add_prerequisites(load::cpu_builder& build) {
    for (auto unmet = build.unmet_prerequisites(); !unmet.empty(); unmet = build.unmet_prerequisites()) {
        const auto& first = unmet.front();
        if (first.lacks.empty() || !build.feature(first.lacks, true)) return host::bad_input(first.message);
    }
    return {};
}

// Every change first, then what they lack of each other: +fred,+lkgs may stand in any order.
host::outcome<void> change(const catalogue::tables& facts, const std::vector<std::string>& changes,
                           cpu_description& cpu) {
    load::cpu_builder build{facts, cpu.cpuid};
    for (const auto& one : changes) {
        if (one.size() < 2 || (one.front() != '+' && one.front() != '-'))
            return host::bad_input(fmt::format("`{}` is no change of a feature", one), "write +name or -name");
        for (const auto& name : features_named(facts, one.substr(1))) {
            if (const auto said = build.feature(name, one.front() == '+'); !said) return host::bad_input(said.error());
        }
    }
    if (const auto complete = add_prerequisites(build); !complete) return complete;
    cpu.cpuid = build.leaves();
    std::string all;
    for (const auto& one : changes)
        all += (all.empty() ? "" : ",") + one;
    cpu.sources.push_back("changed: " + all);
    return {};
}

}  // namespace

host::outcome<cpu_description> find_cpu(const catalogue::tables& facts, const common_options& options) {
    auto cpu = named_cpu(facts, options);
    if (!cpu) return cpu;
    if (!options.features.empty()) {
        if (const auto changed = change(facts, options.features, *cpu); !changed)
            return std::unexpected{changed.error()};
    }
    give_names(facts, *cpu);
    return cpu;
}

}  // namespace tool
