// One CPU's registers through Linux's msr driver: a bus over /dev/cpu/N/msr.
#pragma once

#include <cstdint>
#include <filesystem>

#include <unistd.h>

#include "msr/core/bus.hpp"
#include "msr/host/files.hpp"

namespace msr::host {

/// A read is one pread, with no allocation and no lock. It costs about 1 us from a thread that runs on the CPU (see
/// pinned.hpp), and an interrupt of that CPU, some 30 us, from any other.
/// Faults: refused; not_permitted; cpu_offline; device_failed.
class linux_cpu {
  public:
    enum class mode : std::uint8_t { read_only, read_write };

    /// Opens the device file. If that fails, every access gives the reason as its fault.
    linux_cpu(const std::filesystem::path& device, std::uint32_t cpu, mode how = mode::read_write);

    [[nodiscard]] result<std::uint64_t> read(std::uint32_t index) const {
        std::uint64_t value = 0;
        const auto count = ::pread(device_.get(), &value, sizeof value, index);
        if (count == sizeof value) [[likely]]
            return value;
        return std::unexpected{failure(count, index, direction::read)};
    }

    [[nodiscard]] result<void> write(std::uint32_t index, std::uint64_t value) const {
        const auto count = ::pwrite(device_.get(), &value, sizeof value, index);
        if (count == sizeof value) [[likely]]
            return {};
        return std::unexpected{failure(count, index, direction::write)};
    }

    [[nodiscard]] std::uint32_t number() const { return cpu_; }

  private:
    [[nodiscard]] fault failure(ssize_t count, std::uint32_t index, direction way) const;

    descriptor device_;
    std::uint32_t cpu_;
    int open_error_ = 0;  // errno of the open
};
static_assert(bus<linux_cpu>);

/// What the driver's errno stands for.
[[nodiscard]] cause cause_of(int errno_value);

}  // namespace msr::host
