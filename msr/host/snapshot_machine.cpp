#include "msr/host/snapshot_machine.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace msr::host {

snapshot_machine::snapshot_machine(snapshot recorded, std::string_view name)
    : recorded_{std::move(recorded)},
      description_{fmt::format("the recording {}, taken {} on {} from: {}", name, recorded_.origin.taken,
                               recorded_.origin.host, recorded_.origin.description)} {}

outcome<snapshot_machine> snapshot_machine::open(const std::filesystem::path& path) {
    auto recorded = load_snapshot(path);
    if (!recorded) return std::unexpected{std::move(recorded.error())};
    return snapshot_machine{std::move(*recorded), path.string()};
}

outcome<snapshot_machine> snapshot_machine::from_text(std::string_view text, std::string_view name) {
    auto recorded = read_snapshot(text, name);
    if (!recorded) return std::unexpected{std::move(recorded.error())};
    return snapshot_machine{std::move(*recorded), name};
}

view<profile::cpuid_leaf> snapshot_machine::cpuid(std::uint32_t cpu) {
    const auto found = recorded_.cpuid.find(cpu);
    if (found == recorded_.cpuid.end()) return {};
    return found->second;
}

result<std::uint64_t> snapshot_machine::find(std::uint32_t cpu, std::uint32_t address) const {
    const auto& registers = recorded_.registers;
    const auto cpu_at = std::ranges::lower_bound(registers.cpus(), cpu);
    const auto address_at = std::ranges::lower_bound(registers.addresses(), address);
    if (cpu_at == registers.cpus().end() || *cpu_at != cpu || address_at == registers.addresses().end() ||
        *address_at != address) {
        return std::unexpected{fault{address, cpu, direction::read, cause::not_recorded}};
    }
    return registers.at(static_cast<std::size_t>(cpu_at - registers.cpus().begin()),
                        static_cast<std::size_t>(address_at - registers.addresses().begin()));
}

readings snapshot_machine::read(std::span<const std::uint32_t> cpus, std::span<const std::uint32_t> addresses,
                                const progress& report) {
    readings table{cpus, addresses};
    for (std::size_t position = 0; position < cpus.size(); ++position) {
        std::ranges::transform(addresses, table.row(position).begin(),
                               [&](std::uint32_t address) { return find(cpus[position], address); });
    }
    const auto total = cpus.size() * addresses.size();
    if (report) report(total, total);
    return table;
}

result<void> snapshot_machine::write(std::uint32_t cpu, std::uint32_t address, std::uint64_t /*value*/) {
    return std::unexpected{fault{address, cpu, direction::write, cause::not_permitted}};
}

error snapshot_machine::explain(const fault& problem) const {
    auto explained = machine::explain(problem);
    if (problem.direction == direction::write) {
        explained.why = "a recording cannot be written";
        explained.remedy = "name a live source: --from linux or --from kvm";
    } else if (problem.cause == cause::not_recorded) {
        explained.kind = error_kind::not_possible;
        explained.why = "the recording does not hold it";
        explained.remedy = "take the snapshot again with this register in it";
    }
    return explained;
}

}  // namespace msr::host
