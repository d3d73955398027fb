#include <algorithm>
#include <chrono>
#include <ctime>
#include <iterator>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "msr/host/cpu_list.hpp"
#include "msr/host/files.hpp"
#include "msr/host/snapshot.hpp"
#include "msr/host/snapshot_format.hpp"

namespace msr::host {
namespace {

using profile::cpuid_leaf;

// A JSON string; bytes that are not UTF-8 (a strange host name) become U+FFFD.
std::string quoted(const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::string leaf_columns(const cpuid_leaf& one) {
    return fmt::format(R"("{:08x}", "{:08x}", "{:08x}", "{:08x}", "{:08x}", "{:08x}")", one.leaf, one.subleaf,
                       one.answer.eax, one.answer.ebx, one.answer.ecx, one.answer.edx);
}

// Rows one a line, with the commas between them.
void append_list(std::string& text, std::string_view key, const std::vector<std::string>& rows) {
    fmt::format_to(std::back_inserter(text), "\"{}\": [\n{}{}],\n", key, fmt::join(rows, ",\n"),
                   rows.empty() ? "" : "\n");
}

bool on_all(const snapshot& recorded, const cpuid_leaf& one) {
    return std::ranges::all_of(recorded.cpuid, [&](const auto& of_cpu) {
        const auto& leaves = of_cpu.second;
        return std::ranges::find(leaves, one) != leaves.end();
    });
}

void append_cpuid(std::string& text, const snapshot& recorded) {
    std::vector<cpuid_leaf> common;
    if (!recorded.cpuid.empty()) {
        std::ranges::copy_if(recorded.cpuid.begin()->second, std::back_inserter(common),
                             [&](const cpuid_leaf& one) { return on_all(recorded, one); });
    }
    std::vector<std::string> rows;
    rows.reserve(common.size());
    for (const auto& one : common) {
        rows.push_back(fmt::format("[{}]", leaf_columns(one)));
    }
    append_list(text, "cpuid", rows);
    rows.clear();
    for (const auto& [cpu, leaves] : recorded.cpuid) {
        for (const auto& one : leaves) {
            if (std::ranges::find(common, one) != common.end()) continue;
            rows.push_back(fmt::format("[{}, {}]", cpu, leaf_columns(one)));
        }
    }
    append_list(text, "cpuid_of_cpu", rows);
}

std::string column(const result<std::uint64_t>& value) {
    if (value) return fmt::format("\"{:#x}\"", *value);
    const auto* const found =
        std::ranges::find(snapshot_format::causes, value.error().cause, &std::pair<cause, std::string_view>::first);
    return fmt::format("\"{}\"", found->second);
}

void append_registers(std::string& text, const readings& registers) {
    std::vector<std::string> rows;
    rows.reserve(registers.addresses().size());
    std::vector<std::string> columns;
    for (std::size_t at = 0; at < registers.addresses().size(); ++at) {
        columns.clear();
        for (std::size_t cpu = 0; cpu < registers.cpus().size(); ++cpu) {
            columns.push_back(column(registers.at(cpu, at)));
        }
        const bool same = std::ranges::adjacent_find(columns, std::ranges::not_equal_to{}) == columns.end();
        if (same && columns.size() > 1) columns.resize(1);
        rows.push_back(fmt::format("[\"{:08x}\", {}]", registers.addresses()[at], fmt::join(columns, ", ")));
    }
    append_list(text, "registers", rows);
}

std::vector<std::uint32_t> sorted_once(std::span<const std::uint32_t> numbers) {
    std::vector<std::uint32_t> sorted(numbers.begin(), numbers.end());
    std::ranges::sort(sorted);
    sorted.erase(std::ranges::unique(sorted).begin(), sorted.end());
    return sorted;
}

}  // namespace

snapshot take_snapshot(machine& from, std::span<const std::uint32_t> cpus, std::span<const std::uint32_t> addresses,
                       std::string_view tool, const progress& report) {
    const auto chosen = sorted_once(cpus);
    snapshot recorded{.origin = from.identity(), .cpuid = {}, .registers = {}};
    // Of a recording it stays true when the values were read.
    if (recorded.origin.taken.empty()) {
        const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
        recorded.origin.taken = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
    }
    recorded.origin.tool = tool;
    for (const auto cpu : chosen) {
        const auto leaves = from.cpuid(cpu);
        recorded.cpuid[cpu].assign(leaves.begin(), leaves.end());
    }
    recorded.registers = from.read(chosen, sorted_once(addresses), report);
    return recorded;
}

std::string write_snapshot(const snapshot& recorded) {
    const auto& origin = recorded.origin;
    auto text = fmt::format("{}{},\n", snapshot_format::first_line, snapshot_version);
    const auto out = std::back_inserter(text);
    fmt::format_to(out, "\"taken\": {}, \"host\": {}, \"kernel\": {},\n", quoted(origin.taken), quoted(origin.host),
                   quoted(origin.kernel));
    fmt::format_to(out, "\"source\": \"{}\", \"description\": {}, \"tool\": {},\n", to_string(origin.kind),
                   quoted(origin.description), quoted(origin.tool));
    fmt::format_to(out, "\"cpus\": \"{}\",\n", format_cpu_list(recorded.registers.cpus()));
    append_cpuid(text, recorded);
    append_registers(text, recorded.registers);
    return text + snapshot_format::end_of(text);
}

outcome<void> save_snapshot(const snapshot& recorded, const std::filesystem::path& path) {
    return replace_file(path, write_snapshot(recorded));
}

}  // namespace msr::host
