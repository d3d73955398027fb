#include "msr/host/linux_access.hpp"

#include <cerrno>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "msr/host/files.hpp"

namespace msr::host {
namespace {

constexpr unsigned cap_sys_rawio = 17;  // linux/capability.h

constexpr auto lockdown_remedy =
    "boot without lockdown: turn Secure Boot off, or take lockdown= off the kernel's command line";

std::string content(const std::filesystem::path& path) {
    return read_file(path, small_file).value_or(std::string{});
}

// The value behind "Name:" in /proc/self/status.
std::string_view status_value(std::string_view status, std::string_view name) {
    const auto at = status.find(name);
    if (at == std::string_view::npos) return {};
    status.remove_prefix(at + name.size());
    return status.substr(0, status.find('\n'));
}

bool present(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

error no_device(const std::string& what, const std::string& device, const linux_facts& facts) {
    constexpr auto no_module = "if there is no such module, the kernel was built without CONFIG_X86_MSR";
    const std::string sudo = facts.is_root ? "" : "sudo ";
    if (facts.in_container) {
        return {error_kind::no_access, what,
                facts.driver_loaded ? "this container was not given the device"
                                    : "the msr driver is not loaded on the host of this container",
                fmt::format("{}start the container with --device {} --cap-add SYS_RAWIO, or with --privileged",
                            facts.driver_loaded ? "" : fmt::format("run modprobe msr there ({}), then ", no_module),
                            device)};
    }
    if (facts.driver_loaded) {
        return {error_kind::no_access, what, "the msr driver is loaded, but its device file is missing",
                fmt::format("run: {}mount -t devtmpfs devtmpfs /dev", sudo)};
    }
    return {error_kind::no_access, what, "the msr driver is not loaded",
            fmt::format("run: {}modprobe msr ({})", sudo, no_module)};
}

error no_permission(const std::string& what, const std::string& device, const linux_facts& facts) {
    if (facts.has_rawio && facts.locked_down) {
        return {error_kind::no_access, what, "kernel lockdown forbids it", lockdown_remedy};
    }
    if (facts.in_container) {
        return {error_kind::no_access, what, "this container may not use the device",
                fmt::format("start it with --device {} --cap-add SYS_RAWIO, or with --privileged", device)};
    }
    if (!facts.is_root) {
        return {error_kind::no_access, what, "no privilege: it needs root and CAP_SYS_RAWIO",
                "run the same command with sudo"};
    }
    if (!facts.has_rawio) {
        return {error_kind::no_access, what, "no privilege: root without CAP_SYS_RAWIO",
                "run it from a root shell that keeps CAP_SYS_RAWIO (see: capsh --print)"};
    }
    return {error_kind::no_access, what, "the system forbids it to this process",
            "look for a device cgroup or a security module that denies it (see: dmesg)"};
}

}  // namespace

linux_facts gather_facts(const std::filesystem::path& root) {
    linux_facts facts;
    facts.driver_loaded = present(root / "sys/module/msr");
    facts.writes_allowed = !content(root / "sys/module/msr/parameters/allow_writes").starts_with("off");
    facts.in_container =
        present(root / ".dockerenv") || present(root / "run/.containerenv") || present(root / "run/systemd/container");
    const auto lockdown = content(root / "sys/kernel/security/lockdown");
    facts.locked_down = !lockdown.empty() && !lockdown.contains("[none]");

    const auto status = content(root / "proc/self/status");
    // "Uid:" is followed by the real, effective, saved and file-system ids.
    const auto ids = status_value(status, "\nUid:\t");
    const auto real_end = ids.find('\t');
    facts.is_root = real_end != std::string_view::npos && ids.substr(real_end + 1).starts_with("0\t");
    const auto capabilities = status_value(status, "\nCapEff:\t");
    std::uint64_t mask = 0;
    std::from_chars(capabilities.data(), capabilities.data() + capabilities.size(), mask, 16);
    facts.has_rawio = (mask >> cap_sys_rawio & 1) != 0;
    return facts;
}

error explain_open(const std::filesystem::path& device, int errno_value, const linux_facts& facts) {
    const auto what = "cannot open " + device.string();
    switch (errno_value) {
        case ENOENT:
        case ENXIO:
        case ENODEV: return no_device(what, device.string(), facts);
        case EPERM:
        case EACCES: return no_permission(what, device.string(), facts);
        case EIO: return {error_kind::not_possible, what, "this CPU has no model-specific registers", {}};
        default: return {error_kind::system_failed, what, describe_errno(errno_value), {}};
    }
}

error explain_write(std::uint32_t cpu, std::uint32_t address, const linux_facts& facts) {
    const auto what = fmt::format("cannot write register {:#x} on CPU {}", address, cpu);
    if (facts.locked_down) return {error_kind::no_access, what, "kernel lockdown forbids it", lockdown_remedy};
    if (!facts.writes_allowed) {
        return {error_kind::no_access, what, "the msr driver is set to allow no writes",
                "run: echo on | sudo tee /sys/module/msr/parameters/allow_writes"};
    }
    return no_permission(what, fmt::format("/dev/cpu/{}/msr", cpu), facts);
}

}  // namespace msr::host
