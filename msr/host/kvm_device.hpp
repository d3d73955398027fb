// The device of KVM, and what is said where it cannot be used.
#pragma once

#include <filesystem>

#include "msr/host/files.hpp"

namespace msr::host {

/// Errors: no device, no permission, not a KVM that we know.
[[nodiscard]] outcome<descriptor> open_kvm(const std::filesystem::path& device);

/// What KVM answered to the wish for a virtual CPU: an errno, as an error.
[[nodiscard]] error vcpu_error(const std::filesystem::path& device, int number);

}  // namespace msr::host
