#include "msr/host/kvm_device.hpp"

#include <cerrno>

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

namespace msr::host {
namespace {

error open_error(const std::filesystem::path& device, int number) {
    const auto what = "cannot open " + device.string();
    switch (number) {
        case ENOENT:
        case ENXIO:
        case ENODEV:
            return {error_kind::no_access, what, "there is no KVM here",
                    "run: sudo modprobe kvm_intel (or kvm_amd), with virtualization enabled in the firmware; in a "
                    "container: start it with --device /dev/kvm"};
        case EPERM:
        case EACCES:
            return {error_kind::no_access, what, "no permission: it is for root and the group kvm",
                    "run the same command with sudo, or: sudo usermod -aG kvm $USER, and log in again"};
        default: return {error_kind::system_failed, what, describe_errno(number), {}};
    }
}

}  // namespace

error vcpu_error(const std::filesystem::path& device, int number) {
    const auto what = "cannot make a virtual CPU with " + device.string();
    if (number == EBUSY) {
        return {error_kind::not_possible, what, "virtualization is in use by another hypervisor",
                "stop the other one (VirtualBox, VMware)"};
    }
    return {error_kind::not_possible, what, describe_errno(number), "see what dmesg says of kvm"};
}

outcome<descriptor> open_kvm(const std::filesystem::path& device) {
    descriptor system{::open(device.c_str(), O_RDWR | O_CLOEXEC)};
    if (!system) return std::unexpected{open_error(device, errno)};
    if (::ioctl(system.get(), KVM_GET_API_VERSION, 0) != KVM_API_VERSION) {
        return std::unexpected{error{error_kind::not_possible, "cannot use " + device.string(),
                                     "it does not answer as KVM does", "name another source with --from"}};
    }
    return system;
}

}  // namespace msr::host
