// Writes that are all made, or none: one after another, each journalled first and read back; if one fails, those before
// it are put back in reverse order.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "msr/host/journal.hpp"
#include "msr/host/machine.hpp"

namespace msr::host {

/// Where a register of a CPU stands when all is over.
enum class write_state : std::uint8_t {
    untouched,     // it was not its turn
    written,       // and read back, where it can be read
    refused,       // the write failed, and the register holds what it held
    put_back,      // it was written, and holds its old value again
    not_put_back,  // it was written, and its old value could not be put back
};

struct write_outcome {
    write_state state = write_state::untouched;
    std::optional<std::uint64_t> holds;  // what it held when last looked at
};

struct transaction_result {
    std::vector<write_outcome> writes;  // one for each that was asked for, in order
    std::optional<error> problem;       // the first; nothing if all is written
    std::vector<error> more;            // what else went wrong while putting back, or with the journal

    [[nodiscard]] bool done() const { return !problem; }
    /// Adds to `more`; what was said already is not said again.
    void add(error one);
};

/// Makes the writes in order. Each register is read again just before: if it no longer holds its old value, that is an
/// error, and nothing is written there. (An earlier write of these may have done it, where CPUs share a register.)
[[nodiscard]] transaction_result carry_out(machine& on, journal_writer& log, const command_identity& command,
                                           std::span<const register_write> writes);

}  // namespace msr::host
