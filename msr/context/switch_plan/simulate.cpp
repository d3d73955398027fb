#include "msr/context/switch_plan/simulate.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "msr/context/switch_plan/unknown_values.hpp"
#include "msr/context/switch_plan/user_return.hpp"

namespace msr::context {

namespace {

// Registers that only count refuse nothing.
void expect(const result<void>& /*written*/) {}

class replay {
  public:
    replay(const switch_trace& trace, const switch_rules& rules, switch_strategy how, const write_costs& costs)
        : trace_{trace},
          rules_{rules},
          how_{how},
          costs_{costs},
          tasks_{trace.tasks},
          guests_{trace.guests},
          unknown_{trace},
          at_start_{trace.host} {
        totals_.how = how;
        storage_.resize(rules.rows.size());
        assign(at_start_, unknown_.all());
        for (const auto& row : rules.rows) {
            if (row.can_wait && !row.by_xsaves && late_.size() < most_waiting) late_.push_back(row.address);
        }
    }

    std::expected<switch_totals, mistake> run() {
        for (const auto& one : trace_.events) {
            play(one);
            if (problem_) {
                return std::unexpected{mistake{one.line, 1,
                                               fmt::format("no plan: {}: {}", name_of(rules_, problem_->address),
                                                           std::string_view{to_string(problem_->why)})}};
            }
        }
        return totals_;
    }

  private:
    using waiting_registers = user_return_registers<most_waiting>;

    struct replayed_cpu {
        register_values held;    // what the registers hold
        register_values wanted;  // what user mode is to find
        std::optional<std::uint32_t> task;
        std::optional<std::uint32_t> guest;
        std::unique_ptr<waiting_registers> waiting;
    };

    // A CPU's registers, as the user-return registers see them.
    struct counting_registers {
        replay& of;
        replayed_cpu& on;
        write_cause why;

        [[nodiscard]] result<std::uint64_t> read(std::uint32_t address) const {
            return find_register(on.held, address)->value;
        }
        [[nodiscard]] result<void> write(std::uint32_t address, std::uint64_t value) const {
            of.write_one(on, {address, value}, why, of.rules_.find(address)->by);
            return {};
        }
    };

    replayed_cpu& cpu(std::uint16_t number) {
        auto& on = cpus_[number];
        if (on.waiting) return on;
        on.held = on.wanted = at_start_;
        on.waiting = std::make_unique<waiting_registers>(view<std::uint32_t>{late_});
        const auto before = totals_;
        on.waiting->probe(counting_registers{*this, on, write_cause::other});
        totals_ = before;
        return on;
    }

    void play(const traced_event& one) {
        auto& on = cpu(one.cpu);
        switch (one.what) {
            case switch_event::switch_to: return switch_to(on, one);
            case switch_event::load: return load(on, one);
            case switch_event::put: return put(on);
            case switch_event::user: return to_user(on);
            case switch_event::enter: return system_call(on, trace_.entry, true);
            case switch_event::exit: system_call(on, trace_.exit, false); return to_user(on);
            case switch_event::write: return write(on, one);
        }
    }

    void switch_to(replayed_cpu& on, const traced_event& one) {
        auto& set = tasks_[one.who].registers;
        assign(set, one.registers);
        on.task = one.who;
        if (how_ == switch_strategy::deferred) {
            const auto plan = plan_of(on.wanted, set);
            run(on, plan.now, write_cause::task_switch);
            for (const auto& late : plan.late)
                wait(on, late.address, late.value);
        } else {
            put_on(on, set, one, write_cause::task_switch);
        }
        assign(on.wanted, set);
    }

    void load(replayed_cpu& on, const traced_event& one) {
        auto& set = guests_[one.who].registers;
        assign(set, one.registers);
        on.guest = one.who;
        put_on(on, set, one, write_cause::guest);
    }

    void put(replayed_cpu& on) {
        register_values back;
        for (const auto& one : guests_[*on.guest].registers) {
            // A command leaves nothing behind.
            const auto* const entry = rules_.find(one.address)->entry;
            if (entry != nullptr && entry->access == catalogue::access::write_only) continue;
            back.push_back(*find_register(on.wanted, one.address));
        }
        on.guest.reset();
        if (how_ == switch_strategy::deferred) {
            // What can wait has been waiting since it was loaded.
            std::erase_if(back, [&](const auto& one) { return slot_of(one.address).has_value(); });
        }
        put_on(on, back, {}, write_cause::guest);
    }

    void to_user(replayed_cpu& on) {
        expect(on.waiting->return_to_user(counting_registers{*this, on, write_cause::user_return}));
    }

    void system_call(replayed_cpu& on, const register_values& values, bool enters) {
        if (how_ == switch_strategy::recorded) return;
        for (const auto& one : values)
            write_now_or_late(on, one, write_cause::system_call, enters);
    }

    void write(replayed_cpu& on, const traced_event& event) {
        const auto cause = on.guest ? write_cause::guest : write_cause::other;
        for (const auto& one : event.registers) {
            if (on.guest) {
                change(guests_[*on.guest], one);
            } else {
                if (on.task) change(tasks_[*on.task], one);
                assign(on.wanted, {one});
            }
            write_now_or_late(on, one, cause, on.guest.has_value());
        }
    }

    // Needed now by a guest or the kernel, or else user mode's.
    void write_now_or_late(replayed_cpu& on, const profile::known_register& one, write_cause why, bool needed_now) {
        if (how_ != switch_strategy::deferred || !slot_of(one.address)) {
            write_if_needed(on, one, why);
        } else if (needed_now) {
            set_now(on, one.address, one.value, why);
        } else {
            wait(on, one.address, one.value);
        }
    }

    // What one writes of its own belongs to its set, where that has the register.
    static void change(traced_set& set, const profile::known_register& one) {
        if (find_register(set.registers, one.address) != nullptr) assign(set.registers, {one});
    }

    // Has a set on the CPU at once.
    void put_on(replayed_cpu& on, const register_values& set, const traced_event& as_recorded, write_cause why) {
        if (how_ == switch_strategy::recorded || how_ == switch_strategy::all) {
            for (const auto& one : how_ == switch_strategy::all ? set : as_recorded.registers)
                write_one(on, one, why);
            return;
        }
        const auto plan = plan_of(on.held, set);
        run(on, plan.now, why);
        if (how_ == switch_strategy::diff) return run(on, plan.late, why);
        for (const auto& late : plan.late)
            set_now(on, late.address, late.value, why);
    }

    register_plan plan_of(const register_values& from, const register_values& to) {
        // What is not known may differ in anything: it is written, and held against nothing.
        const auto hides = [&](const profile::known_register& one) {
            const auto* const next = find_register(to, one.address);
            return next != nullptr && unknown_.contain(one) != unknown_.contain(*next);
        };
        auto known = from;
        std::erase_if(known, hides);
        auto made = make_register_plan({known}, {to}, rules_, {storage_.data(), storage_.size()});
        if (made) return *made;
        problem_ = made.error();
        return {};
    }

    [[nodiscard]] std::optional<std::size_t> slot_of(std::uint32_t address) const {
        const auto at = std::ranges::lower_bound(late_, address);
        if (at == late_.end() || *at != address) return std::nullopt;
        return static_cast<std::size_t>(at - late_.begin());
    }

    void wait(replayed_cpu& on, std::uint32_t address, std::uint64_t value) {
        if (const auto slot = slot_of(address)) return on.waiting->set_for_user(*slot, value);
        write_one(on, {address, value}, write_cause::task_switch, rules_.find(address)->by);
    }

    void set_now(replayed_cpu& on, std::uint32_t address, std::uint64_t value, write_cause why) {
        const counting_registers to{*this, on, why};
        if (const auto slot = slot_of(address)) {
            expect(on.waiting->set(to, *slot, value));
        } else {
            expect(to.write(address, value));
        }
    }

    void write_if_needed(replayed_cpu& on, const profile::known_register& one, write_cause why) {
        const bool always = how_ == switch_strategy::recorded || how_ == switch_strategy::all;
        if (!always && !rules_.find(one.address)->always && find_register(on.held, one.address)->value == one.value)
            return;
        write_one(on, one, why, always ? write_instruction::wrmsr : rules_.find(one.address)->by);
    }

    void write_one(replayed_cpu& on, const profile::known_register& one, write_cause why,
                   write_instruction by = write_instruction::wrmsr) {
        const bool serialises = by == write_instruction::wrmsr && rules_.find(one.address)->wrmsr_serialises;
        const planned_write write{one.value, one.address, 0, by, serialises};
        run(on, {&write, 1}, why);
    }

    void run(replayed_cpu& on, view<planned_write> writes, write_cause why) {
        for (const auto& one : writes) {
            assign(on.held, {{one.address, one.value}});
            ++totals_.writes;
            ++totals_.by_cause[static_cast<std::size_t>(why)];
            if (one.serialises) ++totals_.serialising;
        }
        totals_.cycles += costs_.of(writes);
    }

    const switch_trace& trace_;
    const switch_rules& rules_;
    switch_strategy how_;
    const write_costs& costs_;
    std::vector<traced_set> tasks_;  // as they are at this time
    std::vector<traced_set> guests_;
    unknown_values unknown_;
    register_values at_start_;
    std::vector<std::uint32_t> late_;  // ascend
    std::vector<planned_write> storage_;
    std::map<std::uint16_t, replayed_cpu> cpus_;
    std::optional<switch_objection> problem_;
    switch_totals totals_;
};

}  // namespace

std::expected<switch_totals, mistake> simulate(const switch_trace& trace, const switch_rules& rules,
                                               switch_strategy how, const write_costs& costs) {
    return replay{trace, rules, how, costs}.run();
}

}  // namespace msr::context
