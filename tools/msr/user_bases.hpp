// A task's selectors and bases of FS and GS, as options name them.
#pragma once

#include <string_view>

#include "msr/context/segment_bases/plan.hpp"
#include "tools/msr/session.hpp"

namespace tool {

/// fs=SELECTOR:BASE,gs=SELECTOR:BASE, in numbers decimal or 0x; what is not given is 0. A base has to be an address of
/// user mode, of so many bits.
[[nodiscard]] host::outcome<msr::context::user_bases> parse_user_bases(std::string_view text, unsigned linear_width);

}  // namespace tool
