#include "msr/host/linux_cpu.hpp"

#include <cerrno>

#include <fcntl.h>

namespace msr::host {

linux_cpu::linux_cpu(const std::filesystem::path& device, std::uint32_t cpu, mode how) : cpu_{cpu} {
    if (how == mode::read_write) device_ = descriptor{::open(device.c_str(), O_RDWR | O_CLOEXEC)};
    // Who may not write may still read; a write then gives EBADF.
    if (!device_) device_ = descriptor{::open(device.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!device_) open_error_ = errno;
}

fault linux_cpu::failure(ssize_t count, std::uint32_t index, direction way) const {
    const int number = errno;
    const fault problem{index, cpu_, way, cause::device_failed};
    if (count >= 0) return problem;  // the driver never moves a part of a register
    fault explained = problem;
    if (!device_) {
        explained.cause = cause_of(open_error_);
    } else if (number == EBADF && way == direction::write) {
        explained.cause = cause::not_permitted;
    } else {
        explained.cause = cause_of(number);
    }
    return explained;
}

cause cause_of(int errno_value) {
    switch (errno_value) {
        case EIO: return cause::refused;
        case EPERM:
        case EACCES: return cause::not_permitted;
        case ENXIO:
        case ENODEV:
        case ENOENT: return cause::cpu_offline;
        default: return cause::device_failed;
    }
}

}  // namespace msr::host
