#include "msr/host/machine.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <sys/utsname.h>

#include "msr/host/cpu_list.hpp"

namespace msr::host {

std::string_view to_string(source kind) {
    switch (kind) {
        case source::linux_device: return "linux";
        case source::kvm: return "kvm";
        case source::snapshot: return "snapshot";
        case source::profile: return "profile";
    }
    return "unknown";
}

identity this_host(source kind, std::string description) {
    identity self{
        .kind = kind, .description = std::move(description), .host = {}, .kernel = {}, .taken = {}, .tool = {}};
    utsname names{};
    if (::uname(&names) == 0) {
        self.host = names.nodename;
        self.kernel = names.release;
    }
    return self;
}

readings::readings(std::span<const std::uint32_t> cpus, std::span<const std::uint32_t> addresses)
    : cpus_(cpus.begin(), cpus.end()),
      addresses_(addresses.begin(), addresses.end()),
      values_(cpus.size() * addresses.size(), std::unexpected{fault{.cause = cause::not_recorded}}) {}

error machine::explain(const fault& problem) const {
    const std::string_view why = msr::to_string(problem.cause);
    return {problem.cause == cause::refused ? error_kind::refused : error_kind::no_access,
            fmt::format("cannot {} register {:#x} on CPU {}", problem.direction == direction::read ? "read" : "write",
                        problem.index, problem.cpu),
            std::string{why},
            {}};
}

std::string cpu_selection::complaint() const {
    std::string text;
    if (!offline.empty()) {
        text = fmt::format("CPU {} {} offline", format_cpu_list(offline), offline.size() == 1 ? "is" : "are");
    }
    if (!absent.empty()) {
        text += fmt::format("{}there is no CPU {}", text.empty() ? "" : "; ", format_cpu_list(absent));
    }
    return text;
}

cpu_selection select_cpus(const machine& from, std::span<const std::uint32_t> requested) {
    cpu_selection chosen;
    for (const auto cpu : requested) {
        if (std::ranges::binary_search(from.cpus(), cpu)) {
            chosen.usable.push_back(cpu);
        } else if (std::ranges::binary_search(from.offline_cpus(), cpu)) {
            chosen.offline.push_back(cpu);
        } else {
            chosen.absent.push_back(cpu);
        }
    }
    return chosen;
}

}  // namespace msr::host
