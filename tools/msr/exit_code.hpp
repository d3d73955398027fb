// What the tool's exit codes mean; the same for every verb.
#pragma once

#include "msr/host/error.hpp"

namespace tool {

enum exit_code : int {
    done = 0,
    finding = 1,       // a finding, a difference, or a refusal by a check
    bad_usage = 2,     // bad usage or bad input
    no_access = 3,     // no access, or not possible on this machine
    refused = 4,       // the register refused
    limit_reached = 5  // a limit was reached before an answer
};

[[nodiscard]] constexpr exit_code to_exit_code(msr::host::error_kind kind) {
    switch (kind) {
        case msr::host::error_kind::bad_input: return bad_usage;
        case msr::host::error_kind::refused: return refused;
        case msr::host::error_kind::limit_reached: return limit_reached;
        default: return no_access;
    }
}

}  // namespace tool
