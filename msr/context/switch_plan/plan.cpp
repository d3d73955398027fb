#include "msr/context/switch_plan/plan.hpp"

#include "msr/context/assumed_cycles.hpp"

namespace msr::context {

namespace {

// Whether an address is there, further on in what is sorted. Mostly it is the next one.
template <class Element>
[[gnu::always_inline]] inline bool reaches(const Element*& at, const Element* end, std::uint32_t address) {
    while (at != end && at->address != address) {
        if (at->address > address) return false;
        ++at;
    }
    return at != end;
}

// Room for one more write where its order puts it.
planned_write* make_room(planned_write* first, std::size_t count, std::uint16_t order) {
    auto at = count;
    for (; at != 0 && first[at - 1].order > order; --at)
        first[at] = first[at - 1];
    return first + at;
}

// Runs of writes that need not be WRMSR become lists.
void make_lists(planned_write* first, std::size_t count) {
    if (count < least_in_list) return;
    const auto* const end = first + count;
    for (auto* begin = first; begin < end;) {
        auto* run = begin;
        while (run != end && run->by == write_instruction::wrmsrns)
            ++run;
        if (static_cast<std::size_t>(run - begin) >= least_in_list) {
            for (; begin != run; ++begin)
                begin->by = write_instruction::wrmsrlist;
        }
        begin = run + 1;
    }
}

}  // namespace

std::expected<register_plan, switch_objection> make_register_plan(const register_set& previous,
                                                                  const register_set& next, const switch_rules& rules,
                                                                  profile::buffer<planned_write> storage) {
    using cause = switch_objection::cause;
    const bool load_fs = next.fs && previous.fs != next.fs;
    const bool load_gs = next.gs && previous.gs != next.gs;
    const auto* row = rules.rows.begin();
    const auto* before = previous.registers.begin();
    std::size_t now = 0;
    std::size_t late = storage.room;
    std::uint16_t highest = 0;  // order of those so far
    for (const auto& [address, value] : next.registers) {
        const auto refuse = [&](cause why) { return std::unexpected{switch_objection{address, why}}; };
        if (!reaches(row, rules.rows.end(), address)) return refuse(cause::no_rule);
        const auto& rule = *row++;
        const bool known = reaches(before, previous.registers.end(), address);
        const auto is_lost = [&] { return rule.base == base_of::fs ? load_fs : load_gs && rule.base == base_of::gs; };
        if (known && before->value == value && !rule.always && !is_lost()) continue;
        if (rule.by_xsaves) continue;
        if (known && ((before->value ^ value) & rule.fixed) != 0) return refuse(cause::paging);
        if (now == late) return refuse(cause::no_room);
        planned_write* to = nullptr;
        if (rule.can_wait) {
            to = storage.first + --late;
        } else if (rule.order >= highest) {
            to = storage.first + now++;
            highest = rule.order;
        } else {
            to = make_room(storage.first, now++, rule.order);
        }
        // Member by member: as a whole it would be loaded from where it has just been put together.
        to->value = value;
        to->address = address;
        to->order = rule.order;
        to->by = rule.by;
        to->serialises = rule.serialises;
    }
    if (rules.has_list) {
        make_lists(storage.first, now);
        make_lists(storage.first + late, storage.room - late);
    }
    return register_plan{load_fs, load_gs, {storage.first, now}, {storage.first + late, storage.room - late}};
}

unsigned assumed_cycles_of(view<planned_write> writes) {
    unsigned result = 0;
    std::size_t in_list = 0;
    for (const auto& one : writes) {
        if (one.by == write_instruction::wrmsrlist) {
            result += assumed_cycles::wrmsrlist_each;
            // A list begins here.
            if (in_list++ % most_in_list == 0) result += assumed_cycles::wrmsrlist;
            continue;
        }
        in_list = 0;
        if (one.by == write_instruction::wrmsrns) {
            result += assumed_cycles::wrmsrns;
        } else {
            result += one.serialises ? assumed_cycles::wrmsr_serialising : assumed_cycles::wrmsr;
        }
    }
    return result;
}

}  // namespace msr::context
