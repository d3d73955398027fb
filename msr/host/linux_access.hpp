// Why Linux does not let us at the registers, and what mends it.
#pragma once

#include <cstdint>
#include <filesystem>

#include "msr/host/error.hpp"

namespace msr::host {

/// What a system says of access to model-specific registers.
struct linux_facts {
    bool driver_loaded = false;  // /sys/module/msr
    bool writes_allowed = true;  // /sys/module/msr/parameters/allow_writes is not "off"
    bool is_root = false;        // effective user id 0
    bool has_rawio = false;      // CAP_SYS_RAWIO is effective
    bool in_container = false;   // a container manager's mark
    bool locked_down = false;    // /sys/kernel/security/lockdown is not [none]
};

/// Reads them below `root`, which is "/" but in tests.
[[nodiscard]] linux_facts gather_facts(const std::filesystem::path& root);

/// The error for a /dev/cpu/N/msr whose open gave this errno.
[[nodiscard]] error explain_open(const std::filesystem::path& device, int errno_value, const linux_facts& facts);

/// The error for a write that the system (not the CPU) did not permit.
[[nodiscard]] error explain_write(std::uint32_t cpu, std::uint32_t address, const linux_facts& facts);

}  // namespace msr::host
