// Which registers a machine is asked for when it is recorded or reported on.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/msr/session.hpp"

namespace tool {

/// The addresses that the catalogue says exist on any of the session's CPUs and can be read, ascending; with `probe`,
/// every address that it names for any processor. The session must have learnt everything.
[[nodiscard]] std::vector<std::uint32_t> readable_addresses(const session& from, bool probe);

}  // namespace tool
