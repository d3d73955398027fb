// VMX controls as people read and write them: pin=NMI_EXITING,?VIRTUAL_NMIS.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "msr/host/error.hpp"
#include "msr/virt/vmx/adjust.hpp"

namespace tool {

/// The set as it is called on the command line: pin, proc, proc2, proc3, exit, exit2, entry.
[[nodiscard]] std::string_view short_name(msr::virt::vmx::control_set set);

/// The names of the controls that are 1, from the lowest bit up.
[[nodiscard]] std::vector<std::string> control_names(msr::virt::vmx::control_set set, std::uint64_t bits);

/// SET=CONTROL,CONTROL…: NAME is required, ?NAME optional, -NAME forbidden; a number stands for its bits, all required.
/// A set may be named several times.
[[nodiscard]] msr::host::outcome<msr::virt::vmx::control_request> parse_control_request(
    std::span<const std::string> words);

}  // namespace tool
