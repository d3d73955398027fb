#include "tools/msr/report/report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "msr/host/cpu_list.hpp"
#include "tools/msr/plan.hpp"
#include "tools/msr/report/differences.hpp"
#include "tools/msr/report/merge.hpp"
#include "tools/msr/report/unread.hpp"

namespace tool::report {

namespace {

constexpr topic topics_of_report[]{processor,    system_calls, speculation, virtualization, memory_types,
                                   report::time, power,        debug,       machine_check};

// Whose values these are comes before any of them.
std::string first_line(const session& from, const surroundings& where) {
    const auto& machine = from.machine();
    const auto description = machine.description();
    if (from.recorded_in_tool()) {
        return fmt::format(
            "NOT THIS MACHINE: no registers can be read here. This is a recording that comes with msr, of {}.",
            machine.identity().host);
    }
    if (where.virtual_cpu) {
        const auto source = machine.kind() == host::source::snapshot ? ": " + description : std::string{};
        return fmt::format(
            "A VIRTUAL CPU of KVM{}. It has what a new guest finds; it is not the host's, and says "
            "nothing of it.",
            source);
    }
    if (machine.kind() == host::source::profile)
        return fmt::format("A CPU WITHOUT VALUES of its registers: {}.", description);
    if (machine.kind() == host::source::snapshot)
        return fmt::format("A RECORDING, not a machine as it is now: {}.", description);
    return fmt::format("This machine, read just now on {} through Linux's msr driver.",
                       from.cpus().size() == 1 ? "1 CPU" : fmt::format("{} CPUs", from.cpus().size()));
}

// What the machine has to say, not a CPU.
void add_machine(section& to, const session& from) {
    const auto offline = from.machine().offline_cpus();
    row result{.label = "threads",
               .text = fmt::format("{} read: CPU {}", from.cpus().size(), host::format_cpu_list(from.cpus()))};
    if (!offline.empty()) result.text += fmt::format("; offline: CPU {}", host::format_cpu_list(offline));
    if (from.recorded_in_tool()) to.rows.push_back({.label = "this machine", .text = from.why_recorded()});
    to.rows.insert(to.rows.begin() + std::min<std::ptrdiff_t>(1, std::ssize(to.rows)), std::move(result));
}

bool anything(const host::readings& values) {
    for (std::size_t cpu = 0; cpu < values.cpus().size(); ++cpu) {
        if (std::ranges::any_of(values.row(cpu), [](const auto& one) { return one.has_value(); })) return true;
    }
    return false;
}

}  // namespace

surroundings surroundings_of(const session& from) {
    const auto& machine = from.machine();
    surroundings result{.virtual_cpu = machine.identity().kind == host::source::kvm,
                        .live = machine.kind() == host::source::linux_device,
                        .kernel = {}};
    if (result.live) result.kernel = find_kernel_entry();
    return result;
}

document make(session& from, const surroundings& where, std::span<const topic> topics, const host::readings& values) {
    document result{.first_line = first_line(from, where),
                    .source = std::string{host::to_string(from.machine().kind())},
                    .virtual_cpu = where.virtual_cpu,
                    .recorded = from.machine().kind() == host::source::snapshot,
                    .cpus = {from.cpus().begin(), from.cpus().end()}};
    const names all{from.facts()};
    for (const auto one : topics) {
        merging together;
        for (std::size_t at = 0; at < from.cpus().size(); ++at) {
            const auto number = from.cpus()[at];
            together.add(one({all, number, from.cpu(number), values.addresses(), values.row(at)}, where), number);
        }
        result.sections.push_back(std::move(together).finish(from.cpus().size()));
    }
    result.anything_read = anything(values);
    return result;
}

document make(session& from, const surroundings& where, const host::progress& progress) {
    from.learn_all();
    const auto values = from.machine().read(from.cpus(), readable_addresses(from, false), progress);
    auto result = make(from, where, topics_of_report, values);
    add_machine(result.sections.front(), from);
    result.sections.push_back(differences(from, values));
    result.sections.push_back(unread(from, values));
    return result;
}

}  // namespace tool::report
