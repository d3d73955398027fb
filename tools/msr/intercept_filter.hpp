// A policy's decisions as a filter of KVM's.
#pragma once

#include <string>

#include "tools/msr/intercept_case.hpp"

namespace tool {

struct rendered_filter {
    std::string text;
    std::string left_out;  // what the filter cannot say, in a line; empty if it says all
};

/// The filter that allows the accesses which pass, and denies all else.
[[nodiscard]] host::outcome<rendered_filter> filter_text(const intercept_case& on);

}  // namespace tool
