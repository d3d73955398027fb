// A hypervisor's switches as a trace for `msr switch simulate` (docs/switch-traces.md), told as notes: "# trace 0 put".
// Freestanding.
#pragma once

#include <cstddef>

#include "msr/profile/profile.hpp"

namespace msr::ring0 {

class switch_log {
  public:
    /// The guest is entered next, and needs this value.
    void load(profile::known_register needed);
    /// The host has its own again.
    void put();

  private:
    static constexpr std::size_t most_told = 32;  // the first show how it goes, and a line takes its time

    std::size_t told_ = 0;
};

}  // namespace msr::ring0
