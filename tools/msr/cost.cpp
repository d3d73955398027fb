// msr cost: what RDMSR, and where it is asked for WRMSR, costs on this machine.

#include <algorithm>

#include <fmt/format.h>

#include "msr/core/time_stamp.hpp"
#include "msr/host/pinned.hpp"
#include "tools/msr/choose.hpp"
#include "tools/msr/cost_print.hpp"
#include "tools/msr/progress.hpp"
#include "tools/msr/rewrite.hpp"
#include "tools/msr/verbs.hpp"

namespace tool {

namespace {

struct cost_options {
    common_options common;
    std::vector<std::string> names;
    bool write = false;
    std::size_t runs = 200;
};

// The first of each family.
std::vector<register_name> switched_registers(session& from, std::uint32_t cpu) {
    from.learn_all();
    std::vector<register_name> result;
    for (const auto& entry : from.facts().registers) {
        if (!catalogue::is_switched(entry) || entry.access == catalogue::access::write_only) continue;
        if (profile::exists(entry, from.cpu(cpu)) != catalogue::holds::yes) continue;
        if (profile::member_count(entry, from.cpu(cpu)) == 0) continue;
        result.push_back({entry.address, catalogue::name_of(entry, 0), {{.entry = &entry}}});
    }
    return result;
}

// Those of --cpus, or the first that this process may run on.
std::vector<std::uint32_t> cpus_to_measure(const session& from, const common_options& options) {
    if (!options.cpus.empty()) return {from.cpus().begin(), from.cpus().end()};
    for (const auto cpu : from.cpus()) {
        if (host::pinned{cpu}) return {cpu};
    }
    return {from.cpus().front()};
}

class measuring {
  public:
    measuring(session& from, const cost_options& options)
        : from_{from}, options_{options}, cpus_{cpus_to_measure(from, options.common)} {}

    host::outcome<void> choose_registers() {
        for (const auto& name : options_.names) {
            auto one = one_register(from_, name);
            if (!one) return std::unexpected{one.error()};
            const auto same = std::ranges::find(registers_, one->address, &register_name::address);
            if (same == registers_.end()) registers_.push_back(std::move(*one));
        }
        if (options_.names.empty()) registers_ = switched_registers(from_, cpus_.front());
        return {};
    }

    // Why one of the registers that were named is not written, on any of the CPUs; empty if all may be.
    [[nodiscard]] std::string refusal() const {
        if (!options_.write || options_.names.empty()) return {};
        for (const auto cpu : cpus_) {
            for (const auto& one : registers_) {
                if (const auto why = why_not(one, cpu); !why.empty())
                    return fmt::format("{} cannot be written merely to measure: {}", one.name, why);
            }
        }
        return {};
    }

    host::outcome<cost_report> run() {
        cost_report report{.source = from_.machine().description(),
                           .cycles_per_ns = host::time_stamps_per_ns(),
                           .runs = how_.runs,
                           .values = how_.values,
                           .writes = options_.write};
        const auto show = show_progress("measuring");
        for (const auto number : cpus_) {
            auto measured = measure_cpu(number, [&](std::size_t done) {
                if (show) show(report.cpus.size() * registers_.size() + done, cpus_.size() * registers_.size());
            });
            if (!measured) return std::unexpected{measured.error()};
            report.cpus.push_back(std::move(*measured));
        }
        return report;
    }

  private:
    host::outcome<measured_cpu> measure_cpu(std::uint32_t number, const std::function<void(std::size_t)>& show) {
        const auto meter = host::cost_meter::open(number, from_.machine().cpus(), how_);
        if (!meter) return std::unexpected{meter.error()};
        const auto& cpu = from_.cpu(number);
        measured_cpu result{.number = number,
                            .other = meter->other(),
                            .is_virtual = cpu.has("hypervisor"),
                            .has_steady_clock = cpu.has("invariant_tsc"),
                            .system_call = meter->system_call(),
                            .context_switch = meter->context_switch(),
                            .driver_share = meter->driver_share()};
        for (const auto& one : registers_) {
            result.registers.push_back(measure_register(*meter, one));
            show(result.registers.size());
        }
        return result;
    }

    [[nodiscard]] measured_register measure_register(const host::cost_meter& meter, const register_name& one) const {
        measured_register result{.name = one.name, .address = one.address, .read = meter.read(one.address)};
        if (!options_.write || !result.read) return result;
        result.why_not_written = why_not(one, meter.cpu());
        if (result.why_not_written.empty()) result.write = meter.rewrite(one.address);
        return result;
    }

    [[nodiscard]] std::string why_not(const register_name& one, std::uint32_t number) const {
        const auto& cpu = from_.cpu(number);
        const auto* const what = on_cpu(one.candidates, cpu);
        if (what == nullptr) return "the catalogue has no such register on this CPU";
        const auto holds = from_.machine().read({&number, 1}, {&one.address, 1}).at(0, 0);
        if (!holds) return from_.machine().explain(holds.error()).line();
        return why_not_rewritten(*what, cpu, *holds, &from_.machine(), number);
    }

    session& from_;
    const cost_options& options_;
    std::vector<std::uint32_t> cpus_;
    std::vector<register_name> registers_;
    host::timing how_{.ticks = msr::time_stamp, .runs = options_.runs};
};

// Of reads, as `msr read` has it: a refusal counts only if nothing else could be measured. A write that the system does
// not permit counts always.
exit_code code_of(const cost_report& report, const host::machine& machine) {
    bool any = false;
    for (const auto& cpu : report.cpus) {
        for (const auto& one : cpu.registers) {
            any = any || one.read.has_value();
            if (!one.write || *one.write) continue;
            const auto problem = machine.explain(one.write->error());
            return fail(to_exit_code(problem.kind), problem.line());
        }
    }
    return any ? done : refused;
}

exit_code measure(const cost_options& options) {
    auto opened = session::open(options.common);
    if (!opened) return fail(to_exit_code(opened.error().kind), opened.error().line());
    auto& machine = opened->machine();
    if (machine.kind() != host::source::linux_device) {
        return fail(no_access, machine.description() +
                                   ": only this machine's own registers have a cost; use --from "
                                   "linux");
    }
    if (!opened->complaint().empty()) fmt::print(stderr, "msr: {}\n", opened->complaint());
    measuring all{*opened, options};
    if (const auto chosen = all.choose_registers(); !chosen)
        return fail(to_exit_code(chosen.error().kind), chosen.error().line());
    if (const auto why = all.refusal(); !why.empty()) return fail(finding, why + "; nothing is written");
    const auto report = all.run();
    if (!report) return fail(to_exit_code(report.error().kind), report.error().line());
    if (options.common.json) {
        print(cost_json(*report, machine));
    } else {
        print_cost(*report, machine);
    }
    return code_of(*report, machine);
}

}  // namespace

exit_code cost_verb(int argc, char** argv) {
    cost_options options;
    options.common.from = "linux";
    CLI::App app{
        "Measures what reading registers costs on this machine, and what of that is the driver's and the "
        "interrupt's",
        "cost"};
    add_json(app, options.common);
    add_catalogue(app, options.common);
    app.add_option("--from", options.common.from, "linux: nothing else has a cost")->capture_default_str();
    app.add_option("--cpus", options.common.cpus, "Which CPUs, as 0-3,8 (the first)");
    app.add_flag("--write", options.write,
                 "Measure writes, too: of registers that are safe to write with the value that they hold");
    app.add_option("--runs", options.runs, "How many calls of each kind are timed")
        ->capture_default_str()
        ->check(CLI::Range(10, 100000));
    app.add_option("REGISTER", options.names,
                   "NAME, alias, address (0x1B), NAME[i] (those that switches of processes and guests exchange)");
    return parse_and_run(app, argc, argv, [&] { return measure(options); });
}

}  // namespace tool
