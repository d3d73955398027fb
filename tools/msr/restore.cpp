// msr restore: writes back the registers of a snapshot that differ now and can be written.

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "msr/host/cpu_list.hpp"
#include "tools/msr/plan.hpp"
#include "tools/msr/verbs.hpp"
#include "tools/msr/vm_state.hpp"
#include "tools/msr/write_run.hpp"

namespace tool {

namespace {

// A register that differs and is left as it is.
struct left_out {
    std::string name;
    std::vector<std::uint32_t> cpus;
    std::string why;
};

class restoration {
  public:
    restoration(session& recorded, session& now) : recorded_{recorded}, now_{now} {
        recorded_.learn_all();
        now_.learn_all();
    }

    /// All of the snapshot's registers, or those named.
    host::outcome<void> run(const std::vector<std::string>& names) {
        auto addresses = readable_addresses(recorded_, true);
        if (!names.empty()) {
            const auto wanted = addresses_of(names);
            if (!wanted) return std::unexpected{wanted.error()};
            addresses = *wanted;
        }
        sort_to_restore(addresses, recorded_.facts());
        const auto then = recorded_.machine().read(now_.cpus(), addresses);
        for (std::size_t at = 0; at < addresses.size(); ++at) {
            for (std::size_t cpu = 0; cpu < now_.cpus().size(); ++cpu) {
                const auto& value = then.at(cpu, at);
                if (value) {
                    if (auto done = plan_one(now_.cpus()[cpu], addresses[at], *value); !done) return done;
                } else if (!names.empty()) {
                    leave(hex(addresses[at]), now_.cpus()[cpu], "the snapshot does not hold it");
                }
            }
        }
        return {};
    }

    [[nodiscard]] const write_plan& plan() const { return plan_; }
    [[nodiscard]] const std::vector<left_out>& left() const { return left_; }

  private:
    host::outcome<std::vector<std::uint32_t>> addresses_of(const std::vector<std::string>& names) const {
        std::vector<std::uint32_t> addresses;
        for (const auto& name : names) {
            const auto targets = catalogue::find_by_name(now_.facts(), name);
            if (!targets) return host::bad_input(targets.error());
            if (targets->empty()) addresses.push_back(*catalogue::parse_address(name));
            for (const auto& one : *targets) {
                if (one.field != nullptr) {
                    return host::bad_input(name + " is a field", "",
                                           "a restore is of whole registers; msr write sets a field");
                }
                addresses.push_back(one.address());
            }
        }
        std::ranges::sort(addresses);
        addresses.erase(std::ranges::unique(addresses).begin(), addresses.end());
        return addresses;
    }

    void leave(const std::string& name, std::uint32_t cpu, const std::string& why) {
        const auto same =
            std::ranges::find_if(left_, [&](const left_out& one) { return one.name == name && one.why == why; });
        if (same != left_.end()) {
            same->cpus.push_back(cpu);
        } else {
            left_.push_back({name, {cpu}, why});
        }
    }

    host::outcome<void> plan_one(std::uint32_t cpu, std::uint32_t address, std::uint64_t value) {
        register_name where{address, hex(address), catalogue::at_address(now_.facts(), address)};
        auto change = plan_change(now_, cpu, where, exactly(value));
        if (!change) return std::unexpected{change.error()};
        const auto& write = change->write;
        if (write.old == value) return {};
        if (!write.old) {
            leave(write.name, cpu, change->refusals.empty() ? "it cannot be read" : change->refusals.front());
        } else if (write.same(*write.old, value)) {
            leave(write.name, cpu, "only what changes by itself differs");
        } else if (change->needed) {
            expect_result(*change, value);
            if (change->refusals.empty()) {
                plan_.changes.push_back(std::move(*change));
            } else {
                leave(write.name, cpu, change->refusals.front());
            }
        } else {
            leave(write.name, cpu, "no write brings it back");
        }
        return {};
    }

    session& recorded_;
    session& now_;
    write_plan plan_;
    std::vector<left_out> left_;
};

void print_left(const std::vector<left_out>& left) {
    if (left.empty()) return;
    fmt::print("left as they are:\n");
    for (const auto& one : left)
        fmt::print("  cpu {:<6} {:28} {}\n", host::format_cpu_list(one.cpus), one.name, one.why);
}

json left_json(const std::vector<left_out>& left) {
    auto list = json::array();
    for (const auto& one : left)
        list.push_back({{"name", one.name}, {"cpus", one.cpus}, {"why", one.why}});
    return list;
}

// What means one thing on one model may mean another on the next.
bool same_model(const session& recorded, const session& now) {
    const auto& then = recorded.cpu(recorded.cpus().front());
    const auto& here = now.cpu(now.cpus().front());
    return then.vendor_name() == here.vendor_name() && then.family() == here.family() && then.model() == here.model();
}

exit_code restore(const std::string& file, const std::vector<std::string>& names, const write_options& options) {
    auto recorded_options = options.common;
    recorded_options.from = file;
    auto recorded = session::open(recorded_options);
    if (!recorded) return fail(to_exit_code(recorded.error().kind), recorded.error().line());
    if (recorded->machine().kind() != host::source::snapshot) return fail(bad_usage, file + " is no snapshot's file");
    auto now_options = options.common;
    now_options.cpus = host::format_cpu_list(recorded->cpus());
    auto now = session::open(now_options);
    if (!now) return fail(to_exit_code(now.error().kind), now.error().line());
    for (const auto* const one : {&*recorded, &*now}) {
        if (!one->complaint().empty()) return fail(no_access, one->complaint() + "; nothing is written");
    }
    const auto of = recorded->machine().identity().kind;
    if (of != now->machine().kind()) {
        return fail(finding, fmt::format("{} is of {}, and not of {}; nothing is written", file, host::to_string(of),
                                         host::to_string(now->machine().kind())));
    }
    if (!same_model(*recorded, *now))
        return fail(finding, fmt::format("{} is of another CPU model; nothing is written", file));
    restoration work{*recorded, *now};
    if (const auto planned = work.run(names); !planned)
        return fail(to_exit_code(planned.error().kind), planned.error().line());
    if (!options.common.json) print_left(work.left());
    return show_and_write(*now, work.plan(), options, "restore", {},
                          json{{"snapshot", file}, {"left", left_json(work.left())}});
}

}  // namespace

exit_code restore_verb(int argc, char** argv) {
    write_options options;
    options.common.from = "linux";  // and not the first that opens: who writes means this machine
    std::string file;
    std::vector<std::string> names;
    CLI::App app{"Writes back the registers of a snapshot that differ now, on all CPUs or on none", "restore"};
    add_json(app, options.common);
    add_catalogue(app, options.common);
    app.add_option("--from", options.common.from, "What is written: linux, or kvm")->capture_default_str();
    app.add_option("--cpus", options.common.cpus, "Which CPUs, as 0-3,8 (all of the snapshot)");
    add_dry_run(app, options);
    app.add_option("SNAPSHOT", file, "What msr snapshot wrote")->required();
    app.add_option("REGISTER", names, "Only these (all)");
    return parse_and_run(app, argc, argv, [&] { return restore(file, names, options); });
}

}  // namespace tool
