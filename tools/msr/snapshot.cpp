// msr snapshot: the registers of all CPUs, with CPUID, in one file.

#include "msr/host/snapshot.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "msr/rules/all.hpp"
#include "tools/msr/cpu_source.hpp"
#include "tools/msr/plan.hpp"
#include "tools/msr/progress.hpp"
#include "tools/msr/values.hpp"
#include "tools/msr/verbs.hpp"
#include "tools/msr/version.hpp"
#include "tools/msr/vm_state.hpp"

namespace tool {

namespace {

struct counts {
    std::size_t values = 0;
    std::size_t refused = 0;
};

counts count(const host::readings& registers) {
    counts result;
    for (std::size_t cpu = 0; cpu < registers.cpus().size(); ++cpu) {
        for (const auto& value : registers.row(cpu))
            (value ? result.values : result.refused) += 1;
    }
    return result;
}

struct snapshot_request {
    common_options common;
    std::string file;
    bool probe = false;
    bool for_vm = false;
    std::string model{usual_hypervisor};
};

// Of the CPU that was named, or of the source's first.
host::outcome<std::vector<std::uint32_t>> vm_addresses(const session& from, const snapshot_request& wanted) {
    const auto model = find_model(from.facts(), wanted.model);
    if (!model) return std::unexpected{model.error()};
    const auto state_of = [&](const profile::profile& cpu) {
        return vm_state(host::owned_table{cpu, {.model = *model, .rules = msr::rules::all}});
    };
    if (!wanted.common.names_cpu()) return state_of(from.cpu(from.cpus().front()));
    auto guest = wanted.common;
    const bool of_source = guest.profile.empty() || guest.profile == "host";
    if (!of_source) guest.from = "auto";
    const auto cpu = find_cpu(from.facts(), guest);
    if (!cpu) return std::unexpected{cpu.error()};
    return state_of({from.facts(), cpu->cpuid, cpu->registers});
}

// Without the registers that no CPU answered: they are no state in the mode that the CPUs are in.
host::readings answered_only(const host::readings& all) {
    std::vector<std::uint32_t> kept;
    for (std::size_t at = 0; at < all.addresses().size(); ++at) {
        bool answered = false;
        for (std::size_t cpu = 0; cpu < all.cpus().size(); ++cpu)
            answered = answered || all.at(cpu, at).has_value();
        if (answered) kept.push_back(all.addresses()[at]);
    }
    host::readings result{all.cpus(), kept};
    for (std::size_t cpu = 0; cpu < all.cpus().size(); ++cpu) {
        auto to = result.row(cpu).begin();
        for (std::size_t at = 0; at < all.addresses().size(); ++at) {
            if (std::ranges::binary_search(kept, all.addresses()[at])) *to++ = all.at(cpu, at);
        }
    }
    return result;
}

// `state` in its order, as far as it is recorded.
json order_json(const std::vector<std::uint32_t>& state, const host::readings& registers, const session& from) {
    auto list = json::array();
    for (const auto address : state) {
        if (std::ranges::binary_search(registers.addresses(), address))
            list.push_back({{"name", name_at(address, from.cpu(from.cpus().front()))}, {"address", hex(address)}});
    }
    return list;
}

// Beside the state what tells which registers there are: without it nobody could say what the rest means.
std::vector<std::uint32_t> with_capabilities(std::vector<std::uint32_t> state, const catalogue::tables& facts) {
    const auto referred = referred_addresses(facts);
    state.insert(state.end(), referred.begin(), referred.end());
    return state;
}

exit_code record(const snapshot_request& wanted) {
    auto source = wanted.common;
    source.profile.clear();
    source.features.clear();
    auto opened = session::open(source);
    if (!opened) return fail(to_exit_code(opened.error().kind), opened.error().line());
    if (!opened->complaint().empty()) fmt::print(stderr, "msr: {}\n", opened->complaint());
    opened->learn_all();
    const auto addresses = wanted.for_vm ? vm_addresses(*opened, wanted) : readable_addresses(*opened, wanted.probe);
    if (!addresses) return fail(to_exit_code(addresses.error().kind), addresses.error().line());
    const auto recorded = wanted.for_vm ? with_capabilities(*addresses, opened->facts()) : *addresses;
    auto taken = host::take_snapshot(opened->machine(), opened->cpus(), recorded, tool_name, show_progress("reading"));
    if (wanted.for_vm) taken.registers = answered_only(taken.registers);
    const auto result = count(taken.registers);
    if (result.values == 0) return fail(refused, "not one register could be read; nothing is written");
    if (const auto saved = host::save_snapshot(taken, wanted.file); !saved)
        return fail(to_exit_code(saved.error().kind), saved.error().line());
    const auto registers = taken.registers.addresses().size();
    if (wanted.common.json) {
        json document{{"file", wanted.file},
                      {"cpus", opened->cpus().size()},
                      {"registers", registers},
                      {"values", result.values},
                      {"faults", result.refused}};
        if (wanted.for_vm) document["order"] = order_json(*addresses, taken.registers, *opened);
        print(document);
    } else {
        fmt::print("{}: {} registers, {} CPU(s), {} values, {} could not be read\n", wanted.file, registers,
                   opened->cpus().size(), result.values, result.refused);
    }
    return done;
}

}  // namespace

exit_code snapshot_verb(int argc, char** argv) {
    snapshot_request wanted;
    auto& options = wanted.common;
    CLI::App app{"Records every register that the catalogue says exists, on all CPUs, with CPUID", "snapshot"};
    add_json(app, options);
    add_source(app, options);
    add_catalogue(app, options);
    auto* const probe = app.add_flag("--probe", wanted.probe, "Also try every other address that the catalogue names");
    auto* const for_vm =
        app.add_flag("--for-vm", wanted.for_vm,
                     "Only what a virtual machine's state consists of; --json tells the order to restore");
    probe->excludes(for_vm);
    app.add_option("--model", wanted.model, "Whose virtual machine: an implementation's, or architectural")
        ->capture_default_str()
        ->needs(for_vm);
    add_profile(app, options);
    app.get_option("--profile")->needs(for_vm);
    app.get_option("--features")->needs(for_vm);
    app.add_option("FILE", wanted.file, "Where to write it; an old file is replaced in one step")->required();
    return parse_and_run(app, argc, argv, [&] { return record(wanted); });
}

}  // namespace tool
