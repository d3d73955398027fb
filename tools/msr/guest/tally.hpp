// What a guest did to its registers: counted, with the values and the refusals that tell most.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "msr/core/fault.hpp"

namespace tool {

/// One access that left the vCPU. `value`: what was answered or written.
struct observed_access {
    msr::direction direction = msr::direction::read;
    std::uint32_t index = 0;
    std::uint64_t value = 0;
    bool refused = false;
};

/// The accesses of one register in one direction.
struct access_counts {
    std::uint64_t done = 0;
    std::uint64_t first = 0;  // values of what was done
    std::uint64_t last = 0;

    std::uint64_t lost = 0;  // of those done: writes that KVM did not take into its vCPU

    std::uint64_t refused = 0;
    // Of the first that was refused.
    std::uint64_t refused_value = 0;
    std::uint64_t refused_at = 0;  // the instruction's address
    std::string why;

    [[nodiscard]] bool any() const { return done != 0 || refused != 0; }
};

struct register_counts {
    access_counts reads;
    access_counts writes;
};

class access_tally {
  public:
    static constexpr std::size_t most_recent = 16;
    /// More addresses are not told apart: a guest that tries all 2^32 must not fill the memory.
    static constexpr std::size_t most_addresses = 1 << 16;

    /// Returns the counts, where the caller adds the reason of a first refusal.
    access_counts& count(const observed_access& one);

    [[nodiscard]] std::map<std::uint32_t, register_counts> by_address() const { return {all_.begin(), all_.end()}; }
    [[nodiscard]] std::uint64_t accesses() const { return accesses_; }
    /// Those of them that by_address() leaves out, because there were too many addresses.
    [[nodiscard]] std::uint64_t unlisted() const { return unlisted_; }
    /// The last ones, oldest first.
    [[nodiscard]] std::vector<observed_access> recent() const;

  private:
    [[nodiscard]] register_counts& counts_of(std::uint32_t index);

    std::unordered_map<std::uint32_t, register_counts> all_;
    register_counts others_;
    std::array<observed_access, most_recent> recent_{};
    std::uint64_t accesses_ = 0;
    std::uint64_t unlisted_ = 0;
};

}  // namespace tool
