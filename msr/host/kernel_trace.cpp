#include "msr/host/kernel_trace.hpp"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "msr/host/files.hpp"

namespace msr::host {

namespace {

// A second of a busy machine is some megabytes.
constexpr std::size_t most_trace_text = std::size_t{1} << 30U;
constexpr std::string_view buffer_of_cpu = "8192";  // KiB

std::unexpected<error> cannot_record(std::string why, std::string remedy, error_kind kind = error_kind::no_access) {
    return std::unexpected{error{kind, "cannot record the kernel's events", std::move(why), std::move(remedy)}};
}

}  // namespace

outcome<kernel_trace> kernel_trace::start(std::span<const std::string_view> events, const std::filesystem::path& root) {
    const auto tracing = root / "sys/kernel/tracing";
    const auto instance = tracing / "instances" / fmt::format("msrkit-{}", ::getpid());
    if (::mkdir(instance.c_str(), 0700) != 0) {
        const auto failed = errno;
        if (failed == EACCES || failed == EPERM) return cannot_record("this needs root", "use sudo");
        if (failed == EEXIST) {
            return cannot_record(
                fmt::format("{} is there already, left behind by an earlier recording", instance.string()),
                fmt::format("remove it: rmdir {}", instance.string()), error_kind::not_possible);
        }
        return cannot_record(fmt::format("{}: {}", instance.string(), describe_errno(failed)),
                             "is tracefs there? mount -t tracefs tracefs /sys/kernel/tracing");
    }
    kernel_trace result{instance};
    for (const auto event : events) {
        std::error_code ignored;
        if (!std::filesystem::exists(instance / "events" / event, ignored))
            return cannot_record(fmt::format("this kernel has no tracepoint {}", event), {}, error_kind::not_possible);
    }
    if (const auto made = result.put("buffer_size_kb", buffer_of_cpu); !made) return std::unexpected{made.error()};
    for (const auto event : events) {
        if (const auto made = result.put(std::filesystem::path{"events"} / event / "enable", "1"); !made)
            return std::unexpected{made.error()};
    }
    return result;
}

kernel_trace::kernel_trace(kernel_trace&& other) noexcept : instance_{std::move(other.instance_)} {
    other.instance_.clear();
}

kernel_trace::~kernel_trace() {
    if (!instance_.empty()) ::rmdir(instance_.c_str());
}

outcome<std::string> kernel_trace::stop() {
    if (const auto off = put("tracing_on", "0"); !off) return std::unexpected{off.error()};
    auto text = read_file(instance_ / "trace", most_trace_text);
    if (!text) return cannot_record(describe_errno(text.error()), {}, error_kind::system_failed);
    return std::move(*text);
}

outcome<void> kernel_trace::put(const std::filesystem::path& file, std::string_view word) const {
    const descriptor to{::open((instance_ / file).c_str(), O_WRONLY | O_CLOEXEC)};
    if (to && write_all(to.get(), word)) return {};
    return cannot_record(fmt::format("{}: {}", (instance_ / file).string(), describe_errno(errno)), {},
                         error_kind::system_failed);
}

}  // namespace msr::host
