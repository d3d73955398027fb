// msr portable: what of one machine's state another cannot take.

#include <algorithm>
#include <fstream>
#include <map>
#include <ranges>

#include <fmt/format.h>

#include "msr/host/cpu_list.hpp"
#include "msr/host/snapshot_format.hpp"
#include "tools/msr/cpu_source.hpp"
#include "tools/msr/portability.hpp"
#include "tools/msr/values.hpp"
#include "tools/msr/verbs.hpp"
#include "tools/msr/vm_state.hpp"

namespace tool {

namespace {

bool is_live(const std::string& name) {
    return name == "kvm" || name == "linux";
}

bool is_snapshot(const std::string& path) {
    std::string beginning(host::snapshot_format::first_line.size(), '\0');
    std::ifstream file{path, std::ios::binary};
    file.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
    return beginning == host::snapshot_format::first_line;
}

// A CPU by what names it: a live source, or what --profile takes.
host::outcome<cpu_description> cpu_called(const std::string& name, const catalogue::tables& facts) {
    common_options options;
    options.profile = is_live(name) ? "host" : name;
    if (is_live(name)) options.from = name;
    return find_cpu(facts, options);
}

host::outcome<void> try_all(portability& work, const std::string& from, const common_options& options,
                            const catalogue::tables& facts) {
    if (is_live(from) || is_snapshot(from)) {
        auto source = options;
        source.from = from;
        auto opened = session::open(source);
        if (!opened) return std::unexpected{opened.error()};
        opened->learn_all();
        work.try_values(*opened);
        return {};
    }
    const auto cpu = cpu_called(from, facts);
    if (!cpu) return std::unexpected{cpu.error()};
    work.try_kind({facts, cpu->cpuid, cpu->registers}, from);
    return {};
}

json obstacles_json(const std::vector<restore_obstacle>& obstacles) {
    auto list = json::array();
    for (const auto& one : obstacles) {
        list.push_back({{"name", one.name},
                        {"address", hex(one.address)},
                        {"cpus", one.cpus},
                        {"value", one.value ? json(hex(*one.value)) : json(nullptr)},
                        {"why", one.why}});
    }
    return list;
}

// By what is missing: one register announces many.
void print_not_known(const portability& work) {
    std::map<std::string, std::vector<std::string>> names;
    for (const auto& one : work.not_known()) {
        auto& here = names[one.why];
        if (std::ranges::find(here, one.name) == here.end()) here.push_back(one.name);
    }
    for (const auto& [why, these] : names) {
        const auto first = these | std::views::take(3);
        fmt::print("{} cannot be told: {}: {}{}\n", these.size(), why, fmt::join(first, ", "),
                   these.size() > first.size() ? ", …" : "");
    }
}

void print_obstacles(const portability& work, const std::string& onto) {
    for (const auto& one : work.obstacles()) {
        const auto cpus = one.cpus.empty() ? "" : fmt::format("cpu {:<6} ", host::format_cpu_list(one.cpus));
        const auto value = one.value ? fmt::format(" = {:#x}", *one.value) : "";
        fmt::print("{}{}{}: {}\n", cpus, one.name, value, one.why);
    }
    print_not_known(work);
    if (work.obstacles().empty())
        fmt::print("all {}{} can be restored on {}\n", work.not_known().empty() ? "" : "other ", work.tried(), onto);
}

}  // namespace

exit_code portable_verb(int argc, char** argv) {
    common_options options;
    std::string model{usual_hypervisor};
    std::string from;
    std::string onto;
    CLI::App app{"Says what of a virtual machine's state cannot be restored on another CPU, and why", "portable"};
    add_json(app, options);
    add_catalogue(app, options);
    app.add_option("--model", model, "Whose virtual machines: an implementation's, or architectural")
        ->capture_default_str();
    app.add_option("A", from, "What is to be restored: a snapshot, kvm, linux; or a profile: all that it can hold")
        ->required();
    app.add_option("B", onto, "The CPU to restore on: a profile's name, a file, kvm or linux")->required();
    return parse_and_run(app, argc, argv, [&] {
        const auto known = tool::facts::load(options.catalogue);
        if (!known) return fail(to_exit_code(known.error().kind), known.error().line());
        const auto chosen = find_model(**known, model);
        if (!chosen) return fail(to_exit_code(chosen.error().kind), chosen.error().line());
        const auto target = cpu_called(onto, **known);
        if (!target) return fail(to_exit_code(target.error().kind), target.error().line());
        portability work{{**known, target->cpuid, target->registers}, onto, *chosen};
        if (const auto tried = try_all(work, from, options, **known); !tried)
            return fail(to_exit_code(tried.error().kind), tried.error().line());
        if (options.json) {
            print(json{{"from", from},
                       {"onto", onto},
                       {"tried", work.tried()},
                       {"obstacles", obstacles_json(work.obstacles())},
                       {"not_known", obstacles_json(work.not_known())}});
        } else {
            print_obstacles(work, onto);
        }
        return work.obstacles().empty() ? done : finding;
    });
}

}  // namespace tool
