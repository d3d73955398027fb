// What a simulation has in registers whose values a trace does not say.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>

#include "msr/context/switch_plan/switch_trace.hpp"

namespace msr::context {

/// For registers of which the trace does not say what user mode has in them: a value each that nobody names, by which
/// it is known again.
class unknown_values {
  public:
    explicit unknown_values(const switch_trace& trace) {
        std::map<std::uint32_t, std::set<std::uint64_t>> named;
        const auto add = [&](const register_values& values) {
            for (const auto& one : values)
                named[one.address].insert(one.value);
        };
        add(trace.entry);
        add(trace.exit);
        for (const auto* sets : {&trace.tasks, &trace.guests})
            std::ranges::for_each(*sets, add, &traced_set::registers);
        std::ranges::for_each(trace.events, add, &traced_event::registers);
        for (const auto& [address, values] : named) {
            if (find_register(trace.host, address) != nullptr) continue;
            auto free = ~std::uint64_t{0};
            while (values.contains(free))
                --free;
            values_.push_back({address, free});
        }
    }

    [[nodiscard]] const register_values& all() const { return values_; }
    [[nodiscard]] bool contain(const profile::known_register& one) const {
        const auto* const mark = find_register(values_, one.address);
        return mark != nullptr && mark->value == one.value;
    }

  private:
    register_values values_;
};

}  // namespace msr::context
