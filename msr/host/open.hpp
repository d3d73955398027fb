// Opens a source of registers by its name.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "msr/host/machine.hpp"

namespace msr::host {

/// Where the devices are; other places are for tests.
struct device_places {
    std::filesystem::path root = "/";
    std::filesystem::path kvm = "/dev/kvm";
};

/// "linux", "kvm", a snapshot's file, or "auto": linux if it opens, else kvm, else an error (no_access) with both
/// reasons. A file that is called like a source is named by its folder: ./kvm.
[[nodiscard]] outcome<std::unique_ptr<machine>> open_machine(std::string_view from, const device_places& places = {});

}  // namespace msr::host
