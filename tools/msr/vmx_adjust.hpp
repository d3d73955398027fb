// msr vmx adjust, and how controls are shown.
#pragma once

#include <cstdint>

#include "msr/virt/vmx/controls.hpp"
#include "tools/msr/exit_code.hpp"
#include "tools/msr/values.hpp"

namespace tool {

exit_code vmx_adjust(int argc, char** argv);

/// The names of the controls that are 1, from the lowest bit up.
[[nodiscard]] json control_list(msr::virt::vmx::control_set set, std::uint64_t bits);

}  // namespace tool
