#include "msr/host/linux_machine.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <iterator>
#include <optional>
#include <utility>

#include <fcntl.h>

#include "msr/host/cpu_list.hpp"
#include "msr/host/cpuid_reader.hpp"
#include "msr/host/linux_access.hpp"
#include "msr/host/pinned.hpp"

namespace msr::host {
namespace {

// Progress is counted in blocks, so that the counter's cache line does not move between CPUs at every read.
constexpr std::size_t block = 64;

// Reads on a CPU that are not worth a thread on it: to start one takes as long as the interrupts that so many reads
// from here send to the CPU.
constexpr std::size_t few = 16;

std::filesystem::path device_folder(const std::filesystem::path& root, std::uint32_t cpu) {
    return root / "dev/cpu" / std::to_string(cpu);
}

outcome<std::vector<std::uint32_t>> read_list(const std::filesystem::path& path) {
    const auto content = read_file(path, small_file);
    if (!content) {
        return std::unexpected{error{error_kind::system_failed, "cannot read " + path.string(),
                                     describe_errno(content.error()), "mount sysfs on /sys"}};
    }
    return parse_cpu_list(*content);
}

// The first error, or nothing if the registers of any CPU can be opened: a container may be given only some of them.
std::optional<error> access_problem(const std::filesystem::path& root, std::span<const std::uint32_t> online) {
    int first_error = ENOENT;
    for (const auto cpu : online) {
        const descriptor opened{::open((device_folder(root, cpu) / "msr").c_str(), O_RDONLY | O_CLOEXEC)};
        if (opened) return std::nullopt;
        if (cpu == online.front()) first_error = errno;
    }
    const auto first = online.empty() ? 0U : online.front();
    return explain_open(device_folder(root, first) / "msr", first_error, gather_facts(root));
}

// The cpuid driver answers for a CPU that this thread may not run on: 16 bytes at leaf | subleaf << 32.
cpuid_function cpuid_device(const descriptor& device) {
    return [&device](std::uint32_t leaf, std::uint32_t subleaf) {
        profile::cpuid_answer answer;
        static_assert(sizeof answer == 16);
        const auto where = static_cast<off_t>(std::uint64_t{subleaf} << 32 | leaf);
        if (::pread(device.get(), &answer, sizeof answer, where) != sizeof answer) answer = {};
        return answer;
    };
}

std::vector<profile::cpuid_leaf> collect_on(std::uint32_t cpu, const std::filesystem::path& folder) {
    const pinned here{cpu};
    if (here) return collect_cpuid(native_cpuid);
    const descriptor device{::open((folder / "cpuid").c_str(), O_RDONLY | O_CLOEXEC)};
    return collect_cpuid(device ? cpuid_device(device) : native_cpuid);
}

}  // namespace

outcome<linux_machine> linux_machine::open(const std::filesystem::path& root) {
    auto online = read_list(root / "sys/devices/system/cpu/online");
    if (!online) return std::unexpected{std::move(online.error())};
    if (auto problem = access_problem(root, *online)) return std::unexpected{std::move(*problem)};
    // Without the list of present CPUs, an offline one merely counts as absent.
    const auto present = read_list(root / "sys/devices/system/cpu/present").value_or(*online);
    std::vector<std::uint32_t> offline;
    std::ranges::set_difference(present, *online, std::back_inserter(offline));
    return linux_machine{root, std::move(*online), std::move(offline)};
}

linux_machine::linux_machine(std::filesystem::path root, std::vector<std::uint32_t> online,
                             std::vector<std::uint32_t> offline)
    : root_{std::move(root)},
      online_{std::move(online)},
      offline_{std::move(offline)},
      identity_{this_host(source::linux_device, "this machine, through " + (root_ / "dev/cpu/N/msr").string())} {}

std::filesystem::path linux_machine::device(std::uint32_t cpu) const {
    return device_folder(root_, cpu) / "msr";
}

view<profile::cpuid_leaf> linux_machine::cpuid(std::uint32_t cpu) {
    if (!std::ranges::binary_search(online_, cpu)) return {};
    const auto [entry, is_new] = cpuid_.try_emplace(cpu);
    if (is_new) entry->second = collect_on(cpu, device_folder(root_, cpu));
    return entry->second;
}

readings linux_machine::read(std::span<const std::uint32_t> cpus, std::span<const std::uint32_t> addresses,
                             const progress& report) {
    readings table{cpus, addresses};
    if (addresses.empty()) return table;
    // Named here and opened there: a thread's first allocation would cost it as much as hundreds of reads.
    std::vector<std::filesystem::path> devices;
    for (const auto cpu : cpus) {
        devices.push_back(device(cpu));
    }
    std::atomic<std::size_t> done{0};
    const auto total = cpus.size() * addresses.size();
    const auto read_row = [&](std::size_t position) {
        const linux_cpu registers{devices[position], cpus[position], linux_cpu::mode::read_only};
        const auto row = table.row(position);
        for (std::size_t start = 0; start < row.size(); start += block) {
            const auto end = std::min(start + block, row.size());
            for (auto at = start; at < end; ++at) {
                row[at] = registers.read(addresses[at]);
            }
            done.fetch_add(end - start, std::memory_order_relaxed);
        }
    };
    if (addresses.size() <= few) {
        for (std::size_t position = 0; position < cpus.size(); ++position) {
            read_row(position);
        }
    } else if (report) {
        on_each_cpu(cpus, read_row, [&] { report(done.load(std::memory_order_relaxed), total); });
    } else {
        on_each_cpu(cpus, read_row);
    }
    if (report) report(total, total);
    return table;
}

result<void> linux_machine::write(std::uint32_t cpu, std::uint32_t address, std::uint64_t value) {
    const pinned here{cpu};
    return linux_cpu{device(cpu), cpu}.write(address, value);
}

error linux_machine::explain(const fault& problem) const {
    if (problem.cause == cause::not_permitted && problem.direction == direction::write) {
        return explain_write(problem.cpu, problem.index, gather_facts(root_));
    }
    return machine::explain(problem);
}

std::span<linux_cpu> linux_machine::cpu_buses() {
    if (buses_.empty()) {
        buses_.reserve(online_.size());
        for (const auto cpu : online_) {
            buses_.emplace_back(device(cpu), cpu);
        }
    }
    return buses_;
}

}  // namespace msr::host
