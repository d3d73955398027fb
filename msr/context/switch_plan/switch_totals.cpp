#include "msr/context/switch_plan/simulate.hpp"

namespace msr::context {

text to_string(write_cause one) {
    switch (one) {
        case write_cause::task_switch: return "task_switch";
        case write_cause::guest: return "guest";
        case write_cause::user_return: return "user_return";
        case write_cause::system_call: return "system_call";
        case write_cause::other: return "other";
    }
    return {};
}

double write_costs::of(view<planned_write> writes) const {
    double result = 0;
    for (std::size_t at = 0; at < writes.size();) {
        auto end = at + 1;
        while (writes[at].by == write_instruction::wrmsrlist && end < writes.size() && writes[end].by == writes[at].by)
            ++end;
        const auto known =
            writes[at].by == write_instruction::wrmsr ? measured.find(writes[at].address) : measured.end();
        result += known != measured.end() ? known->second : assumed_cycles_of({&writes[at], end - at});
        at = end;
    }
    return result;
}

}  // namespace msr::context
