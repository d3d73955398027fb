#include "tools/msr/write_plan.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "msr/catalogue/words.hpp"
#include "msr/rules/all.hpp"
#include "tools/msr/danger.hpp"
#include "tools/msr/refusal.hpp"
#include "tools/msr/write_check.hpp"

namespace tool {

namespace {

constexpr auto all_bits = ~std::uint64_t{0};

std::uint64_t steady_bits(const layout& fields) {
    if (!fields->entry->fields_known) return fields->entry->varies == catalogue::variation::changing ? 0 : all_bits;
    auto steady = all_bits;
    for (const auto& field : fields->fields) {
        if (field.entry->varies == catalogue::variation::changing) steady &= ~field.mask();
    }
    return steady;
}

class change_maker {
  public:
    change_maker(session& from, std::uint32_t cpu, const catalogue::target& what, planned_change& change)
        : from_{from},
          cpu_{from.cpu(cpu)},
          what_{what},
          change_{change},
          fields_{*what.entry, cpu_},
          behaviour_{*what.entry, cpu_, {.rules = msr::rules::all}} {}

    host::outcome<void> run(const make_value& make) {
        auto& write = change_.write;
        write.steady = steady_bits(fields_);
        const auto old = write.old.value_or(0);
        const register_view seen{fields_, *behaviour_, old, write.steady};
        const auto wanted = make(seen);
        if (!wanted) return std::unexpected{wanted.error()};
        write.value = wanted->value;
        write.follow = behaviour_->stored & ~write.steady & ~wanted->asked;
        const auto answer = check_write(what_, cpu_, old, write.value, &from_.machine(), write.cpu);
        // A forced write goes past the engine's objection: what it then holds is what was written.
        write.result = answer.faults() ? write.value : answer.result;
        write.steady &= ~answer.undefined;
        write.back = seen.leading(write.result, old);
        object(answer, *wanted);
        remark();
        // What is refused would be lost in silence if it merely left the register as it is.
        const bool changes = !write.old || write.result != old;
        change_.needed = changes || (write.value != old && !change_.refusals.empty());
        return {};
    }

  private:
    void refuse(std::string why) { change_.refusals.push_back(std::move(why)); }
    void note(std::string what) { change_.notes.push_back(std::move(what)); }

    void object(const profile::verdict& answer, const wanted_value& wanted) {
        const auto& write = change_.write;
        const auto& entry = *what_.entry;
        if (!entry.fields_known)
            refuse(fmt::format("the fields of {} are not known: nothing can be checked", write.name));
        if (answer.faults()) return refuse("the CPU would refuse it: " + reason(answer, write.value, write.name));
        for (const auto& danger : dangers(fields_, write.old.value_or(0), write.result))
            refuse(fmt::format("{}: {}", write.name, danger));
        const auto undefined = answer.undefined & wanted.asked;
        if (undefined != 0)
            refuse(fmt::format("{}: what happens to bits {:#x} is not documented", write.name, undefined));
        const auto& acts = *behaviour_;
        const auto acting = acts.cleared_by_one | acts.set_by_one | acts.cleared_by_zero | acts.commands;
        const auto lost = (write.value ^ write.result) & wanted.asked & ~(acting | answer.undefined);
        if (lost == 0) return;
        auto words = fmt::format("{}: bits {:#x} do not take a write", write.name, lost);
        if (wanted.whole) {
            note(std::move(words));
        } else {
            refuse(std::move(words));
        }
    }

    void remark() {
        const auto& write = change_.write;
        const auto& entry = *what_.entry;
        if (entry.scope != catalogue::scope::thread) {
            note(fmt::format("one register for each {}: a write on one CPU is a write for all of it",
                             str(catalogue::to_word(entry.scope))));
        }
        if (!write.old) {
            note("it cannot be read: the write is not verified, and cannot be undone");
        } else if (const auto moving = (write.value ^ *write.old) & ~write.steady; moving != 0) {
            note(fmt::format("bits {:#x} change by themselves, and are not verified", moving));
        }
    }

    session& from_;
    const profile::profile& cpu_;
    const catalogue::target& what_;
    planned_change& change_;
    layout fields_;
    host::owned_behaviour behaviour_;
};

// A register that the catalogue does not have on this CPU: nothing is known but what it holds.
host::outcome<void> plan_unknown(planned_change& change, const make_value& make) {
    static const catalogue::register_entry nothing{};
    const layout no_fields{nothing, catalogue::tables{}};
    static constexpr profile::behaviour plain{.stored = all_bits};
    const auto old = change.write.old.value_or(0);
    const auto wanted = make({no_fields, plain, old, all_bits});
    if (!wanted) return std::unexpected{wanted.error()};
    auto& write = change.write;
    write.value = wanted->value;
    write.result = write.value;
    write.steady = all_bits;
    write.back = old;
    change.refusals.push_back(
        fmt::format("{}: the catalogue has no such register on this CPU, so that nothing can be checked", write.name));
    change.needed = !write.old || write.value != old;
    return {};
}

}  // namespace

std::uint64_t register_view::leading(std::uint64_t source, std::uint64_t to) const {
    const auto clears = source & ~to;
    const auto plain = ~(behaviour.cleared_by_one | behaviour.cleared_by_zero);
    return (to & plain) | (clears & behaviour.cleared_by_one) | (~clears & behaviour.cleared_by_zero);
}

host::outcome<planned_change> plan_change(session& from, std::uint32_t cpu, const register_name& where,
                                          const make_value& make) {
    planned_change change;
    const auto* const what = on_cpu(where.candidates, from.cpu(cpu));
    change.write.cpu = cpu;
    change.write.address = where.address;
    change.write.name = what != nullptr ? catalogue::name_of(*what->entry, what->member) : where.name;
    const bool readable = what == nullptr || what->entry->access != catalogue::access::write_only;
    std::string unreadable;
    if (readable) {
        const auto old = from.machine().read({&cpu, 1}, {&where.address, 1}).at(0, 0);
        if (old) {
            change.write.old = *old;
        } else {
            unreadable = from.machine().explain(old.error()).line();
        }
    }
    if (what != nullptr) change.what = *what;
    const auto planned =
        what != nullptr ? change_maker{from, cpu, *what, change}.run(make) : plan_unknown(change, make);
    if (!planned) return std::unexpected{planned.error()};
    if (!unreadable.empty()) change.refusals.push_back(std::move(unreadable));
    if (!change.needed) change.refusals.clear();  // nothing is written, nothing can go wrong
    return change;
}

make_value exactly(std::uint64_t target) {
    return [target](const register_view& seen) -> host::outcome<wanted_value> {
        const auto to = (target & seen.steady) | (seen.old & ~seen.steady);
        return wanted_value{seen.leading(seen.old, to), seen.steady, true};
    };
}

void expect_result(planned_change& change, std::uint64_t target) {
    const auto& write = change.write;
    if (!change.needed || write.same(write.result, target)) return;
    change.refusals.push_back(fmt::format("{}: bits {:#x} cannot be brought back by a write", write.name,
                                          (write.result ^ target) & write.steady));
}

bool write_plan::is_refused() const {
    return std::ranges::any_of(changes, [](const auto& one) { return !one.refusals.empty(); });
}

bool write_plan::is_needed() const {
    return std::ranges::any_of(changes, &planned_change::needed);
}

}  // namespace tool
