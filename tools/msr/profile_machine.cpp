#include "tools/msr/profile_machine.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace tool {

namespace host = msr::host;

profile_machine::profile_machine(msr::catalogue::load::cpu_description cpu)
    : cpu_{std::move(cpu)},
      identity_{.kind = host::source::profile,
                .description = fmt::format("the profile {}: {}", cpu_.name, cpu_.title),
                .host = {},
                .kernel = {},
                .taken = {},
                .tool = {}} {}

msr::view<msr::profile::cpuid_leaf> profile_machine::cpuid(std::uint32_t cpu) {
    if (cpu != number_) return {};
    return cpu_.cpuid;
}

msr::result<std::uint64_t> profile_machine::find(std::uint32_t cpu, std::uint32_t address) const {
    const auto known = std::ranges::find(cpu_.registers, address, &msr::profile::known_register::address);
    if (known != cpu_.registers.end()) return known->value;
    return std::unexpected{msr::fault{address, cpu, msr::direction::read, msr::cause::not_recorded}};
}

host::readings profile_machine::read(std::span<const std::uint32_t> cpus, std::span<const std::uint32_t> addresses,
                                     const host::progress& report) {
    host::readings table{cpus, addresses};
    for (std::size_t position = 0; position < cpus.size(); ++position) {
        std::ranges::transform(addresses, table.row(position).begin(),
                               [&](std::uint32_t address) { return find(cpus[position], address); });
    }
    const auto total = cpus.size() * addresses.size();
    if (report) report(total, total);
    return table;
}

msr::result<void> profile_machine::write(std::uint32_t cpu, std::uint32_t address, std::uint64_t /*value*/) {
    return std::unexpected{msr::fault{address, cpu, msr::direction::write, msr::cause::not_permitted}};
}

host::error profile_machine::explain(const msr::fault& problem) const {
    auto explained = machine::explain(problem);
    explained.kind = host::error_kind::not_possible;
    explained.why = "a profile is a CPU without the values of its registers";
    explained.remedy = "name a machine or a recording: --from";
    return explained;
}

}  // namespace tool
