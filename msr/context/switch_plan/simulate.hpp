// What a trace's switches cost in writes, by how a kernel goes about them: the plans and the user-return registers
// themselves, run on registers that only count.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <vector>

#include "msr/context/switch_plan/plan.hpp"
#include "msr/context/switch_plan/strategy.hpp"
#include "msr/context/switch_plan/switch_trace.hpp"

namespace msr::context {

/// What a write was made for.
enum class write_cause : std::uint8_t { task_switch, guest, user_return, system_call, other };
inline constexpr std::size_t write_causes = 5;

[[nodiscard]] text to_string(write_cause one);

struct switch_totals {
    switch_strategy how = switch_strategy::all;
    std::uint64_t writes = 0;
    std::uint64_t serialising = 0;
    double cycles = 0;
    std::array<std::uint64_t, write_causes> by_cause{};
};

/// Cycles of a WRMSR by address, where they were measured; all others are assumed (assumed_cycles.hpp).
struct write_costs {
    std::map<std::uint32_t, double> measured;
    std::string source;  // of the measurements

    [[nodiscard]] double of(view<planned_write> writes) const;
};

/// The rules for a trace's registers on a CPU, with their storage. Of registers that the catalogue does not have there,
/// it is assumed that writing them serialises, and that nothing of theirs can wait.
class trace_rules {
  public:
    trace_rules(const switch_trace& trace, const profile::profile& cpu, std::uint64_t xss);

    [[nodiscard]] const switch_rules& operator*() const { return rules_; }
    /// The addresses of those that the catalogue does not have.
    [[nodiscard]] const std::vector<std::uint32_t>& unknown() const { return unknown_; }

  private:
    std::vector<switch_rule> rows_;
    std::vector<std::uint32_t> unknown_;
    switch_rules rules_;
};

/// What the catalogue calls the register of a rule; its address where it does not have it.
[[nodiscard]] std::string name_of(const switch_rules& rules, std::uint32_t address);

/// No more registers than that can wait in a simulation; further ones are written at once.
inline constexpr std::size_t most_waiting = 64;

/// Replays a trace. The error names the event's line, and why there is no plan for it.
[[nodiscard]] std::expected<switch_totals, mistake> simulate(const switch_trace& trace, const switch_rules& rules,
                                                             switch_strategy how, const write_costs& costs);

}  // namespace msr::context
