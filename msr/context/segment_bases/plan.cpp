#include "msr/context/segment_bases/plan.hpp"

#include <algorithm>
#include <optional>

#include "msr/context/assumed_cycles.hpp"

namespace msr::context {

namespace {

// Nothing, where the CPU has it not.
using choice = std::optional<planned>;

bool null(std::uint16_t selector) {
    return selector <= 3;
}

// What has to be done, whatever the instructions. What the task that leaves has is read and the selectors are loaded in
// any case.
struct work {
    bool write_fs_base, write_gs_base;
};

work needed(const cpu_facts& facts, const user_bases& to) {
    // What a null selector's load leaves is known on CPUs that clear the base.
    const auto write = [&](std::uint16_t selector, std::uint64_t base) {
        return !(null(selector) && facts.null_clears_base && base == 0);
    };
    return {.write_fs_base = write(to.fs, to.fs_base), .write_gs_base = write(to.gs, to.gs_base)};
}

// Which of what GS needs is done between two SWAPGS, and by which instructions the rest.
struct option {
    bool read_inside, load_inside, write_inside;
    choice fs_base;
    choice gs_base;
    bool list;
};

class candidates {
  public:
    candidates(const cpu_facts& facts, delivery mode, const work& todo) : facts_{facts}, mode_{mode}, todo_{todo} {}

    [[nodiscard]] switch_plan best() {
        for (unsigned bits = 0; bits < 8; ++bits) {
            for (const auto fs_base : {planned::write_fs_base, planned::wrmsr_fs_base, planned::wrmsrns_fs_base,
                                       planned::immediate_fs_base}) {
                for (const auto gs_base :
                     {planned::wrmsr_gs_base, planned::wrmsrns_gs_base, planned::immediate_gs_base}) {
                    for (const bool list : {false, true})
                        consider({(bits & 1U) != 0, (bits & 2U) != 0, (bits & 4U) != 0, fs_base, gs_base, list});
                }
            }
        }
        return best_.value_or(switch_plan{});
    }

  private:
    [[nodiscard]] bool has(planned one) const {
        switch (one) {
            case planned::swapgs:
            case planned::load_gs: return mode_ == delivery::idt;
            case planned::save_fs_base:
            case planned::save_gs_base:
            case planned::write_fs_base:
            case planned::write_gs_base: return facts_.fsgsbase;
            case planned::load_gs_by_lkgs: return facts_.lkgs;
            case planned::wrmsrns_fs_base:
            case planned::wrmsrns_gs_base: return facts_.wrmsrns;
            case planned::immediate_fs_base:
            case planned::immediate_gs_base: return facts_.msr_imm;
            case planned::list_both_bases: return facts_.msrlist;
            default: return true;
        }
    }

    // Selectors before bases; what is saved before what is loaded.
    [[nodiscard]] switch_plan lay_out(const option& one) const {
        switch_plan plan;
        const auto add = [&](bool wanted, planned step) {
            if (wanted) plan.steps.push_back(step);
        };
        const bool list = one.list && todo_.write_fs_base && todo_.write_gs_base && !one.write_inside;
        const bool inside = one.read_inside || one.load_inside || (todo_.write_gs_base && one.write_inside);
        add(true, planned::save_fs);
        add(true, planned::save_gs);
        add(true, facts_.fsgsbase ? planned::save_fs_base : planned::save_fs_base_by_msr);
        add(!one.read_inside, planned::save_gs_base_by_msr);
        add(true, planned::load_fs);
        add(todo_.write_fs_base && !list, *one.fs_base);
        add(!one.load_inside && one.write_inside, planned::load_gs_by_lkgs);
        add(inside, planned::swapgs);
        add(one.read_inside, planned::save_gs_base);
        add(one.load_inside, planned::load_gs);
        add(todo_.write_gs_base && one.write_inside, planned::write_gs_base);
        add(inside, planned::swapgs);
        add(!one.load_inside && !one.write_inside, planned::load_gs_by_lkgs);
        add(todo_.write_gs_base && !one.write_inside && !list, *one.gs_base);
        add(list, planned::list_both_bases);
        return plan;
    }

    // LKGS writes the inactive base, so it must come after what reads it there.
    [[nodiscard]] bool keeps_order(const option& one) const {
        return one.load_inside || !one.write_inside || !one.read_inside;
    }

    void consider(const option& one) {
        if (!keeps_order(one)) return;
        auto plan = lay_out(one);
        for (const auto step : plan.steps) {
            if (!has(step)) return;
            plan.cycles += cycles_of(step, facts_);
        }
        if (!best_ || plan.cycles < best_->cycles) best_ = std::move(plan);
    }

    cpu_facts facts_;
    delivery mode_;
    work todo_;
    std::optional<switch_plan> best_;
};

}  // namespace

unsigned cycles_of(planned one, const cpu_facts& facts) {
    const unsigned wrmsr = facts.base_writes_serialise ? assumed_cycles::wrmsr_serialising : assumed_cycles::wrmsr;
    switch (one) {
        case planned::swapgs: return 20;
        case planned::save_fs:
        case planned::save_gs: return 2;
        case planned::save_fs_base:
        case planned::save_gs_base: return 10;
        case planned::save_fs_base_by_msr:
        case planned::save_gs_base_by_msr: return 60;
        case planned::load_fs:
        case planned::load_gs:
        case planned::load_gs_by_lkgs: return 30;
        case planned::write_fs_base:
        case planned::write_gs_base: return 15;
        case planned::wrmsr_fs_base:
        case planned::wrmsr_gs_base: return wrmsr;
        case planned::wrmsrns_fs_base:
        case planned::wrmsrns_gs_base: return assumed_cycles::wrmsrns;
        case planned::immediate_fs_base:
        case planned::immediate_gs_base: return 30;
        case planned::list_both_bases: return assumed_cycles::wrmsrlist + 2 * assumed_cycles::wrmsrlist_each;
    }
    return 0;
}

switch_plan make_plan(const cpu_facts& facts, delivery mode, const user_bases& to) {
    return candidates{facts, mode, needed(facts, to)}.best();
}

bool holds_for_every_task(const switch_plan& plan) {
    const auto has = [&](auto... steps) {
        return std::ranges::any_of(plan.steps, [=](planned one) { return ((one == steps) || ...); });
    };
    return has(planned::list_both_bases) ||
           (has(planned::write_fs_base, planned::wrmsr_fs_base, planned::wrmsrns_fs_base, planned::immediate_fs_base) &&
            has(planned::write_gs_base, planned::wrmsr_gs_base, planned::wrmsrns_gs_base, planned::immediate_gs_base));
}

}  // namespace msr::context
