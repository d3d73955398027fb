// msr diff: what differs between two snapshots, or between one and now, field by field.

#include <algorithm>

#include <fmt/format.h>

#include "msr/host/cpu_list.hpp"
#include "tools/msr/plan.hpp"
#include "tools/msr/values.hpp"
#include "tools/msr/verbs.hpp"

namespace tool {

namespace {

struct value_change {
    std::vector<std::uint32_t> cpus;
    std::string name;  // of the register or field
    std::string before;
    std::string after;

    [[nodiscard]] bool same_as(const value_change& other) const {
        return name == other.name && before == other.before && after == other.after;
    }
};

class comparison {
  public:
    comparison(session& before, session& after, bool all) : before_{before}, after_{after}, all_{all} {
        before_.learn_all();
        after_.learn_all();
    }

    void run() {
        std::vector<std::uint32_t> cpus;
        std::ranges::set_intersection(before_.cpus(), after_.cpus(), std::back_inserter(cpus));
        note_missing(before_, cpus, "before");
        note_missing(after_, cpus, "after");
        const auto addresses = both_addresses();
        const auto old = before_.machine().read(cpus, addresses);
        const auto now = after_.machine().read(cpus, addresses);
        for (std::size_t at = 0; at < addresses.size(); ++at) {
            std::vector<value_change> found;
            for (std::size_t cpu = 0; cpu < cpus.size(); ++cpu)
                compare(found, cpus[cpu], addresses[at], old.at(cpu, at), now.at(cpu, at));
            changes_.insert(changes_.end(), found.begin(), found.end());
        }
    }

    [[nodiscard]] const std::vector<value_change>& changes() const { return changes_; }
    [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

  private:
    std::vector<std::uint32_t> both_addresses() {
        auto old = readable_addresses(before_, true);
        const auto now = readable_addresses(after_, true);
        std::vector<std::uint32_t> result;
        std::ranges::set_union(old, now, std::back_inserter(result));
        return result;
    }

    void note_missing(const session& from, const std::vector<std::uint32_t>& common, const char* which) {
        std::vector<std::uint32_t> alone;
        std::ranges::set_difference(from.cpus(), common, std::back_inserter(alone));
        if (!alone.empty())
            notes_.push_back(fmt::format("CPU {} is only there {}", host::format_cpu_list(alone), which));
    }

    static void add(std::vector<value_change>& found, std::uint32_t cpu, value_change one) {
        const auto same = std::ranges::find_if(found, [&](const value_change& other) { return other.same_as(one); });
        if (same != found.end()) return same->cpus.push_back(cpu);
        one.cpus = {cpu};
        found.push_back(std::move(one));
    }

    void compare(std::vector<value_change>& found, std::uint32_t cpu, std::uint32_t address,
                 const msr::result<std::uint64_t>& old, const msr::result<std::uint64_t>& now) const {
        const auto not_recorded = [](const auto& value) {
            return !value && value.error().cause == msr::cause::not_recorded;
        };
        if (not_recorded(old) || not_recorded(now) || (!old && !now) || (old && now && *old == *now)) return;
        const auto candidates = catalogue::at_address(after_.facts(), address);
        const auto* what = on_cpu(candidates, after_.cpu(cpu));
        const auto name = what != nullptr ? catalogue::name_of(*what->entry, what->member) : hex(address);
        const auto text = [](const msr::result<std::uint64_t>& value) {
            return value ? hex(*value) : std::string{msr::to_string(value.error().cause)};
        };
        if (!old || !now || what == nullptr || !what->entry->fields_known) {
            if (what == nullptr || all_ || what->entry->varies != catalogue::variation::changing)
                add(found, cpu, {{}, name, text(old), text(now)});
            return;
        }
        compare_fields(found, cpu, name, *what->entry, *old, *now);
    }

    // What changes by itself is no difference, unless it is asked for.
    void compare_fields(std::vector<value_change>& found, std::uint32_t cpu, const std::string& name,
                        const catalogue::register_entry& entry, std::uint64_t old, std::uint64_t now) const {
        const auto& on = after_.cpu(cpu);
        const layout fields{entry, on};
        auto left = old ^ now;
        for (const auto& field : fields->fields) {
            left &= ~field.mask();
            if (field.of(old) == field.of(now)) continue;
            if (!all_ && field.entry->varies == catalogue::variation::changing) continue;
            const auto text = [&](std::uint64_t value) {
                const auto raw = field.of(value);
                return words({field, raw, profile::meaning_of(*field.entry, raw)}, value, &on);
            };
            add(found, cpu, {{}, name + "." + str(field.entry->name), text(old), text(now)});
        }
        if (left != 0) add(found, cpu, {{}, name + " reserved bits", hex(old & left), hex(now & left)});
    }

    session& before_;
    session& after_;
    bool all_;
    std::vector<value_change> changes_;
    std::vector<std::string> notes_;
};

void print_changes(const comparison& result, bool as_json) {
    if (as_json) {
        auto list = json::array();
        for (const auto& one : result.changes()) {
            list.push_back({{"cpus", one.cpus}, {"name", one.name}, {"before", one.before}, {"after", one.after}});
        }
        print(json{{"changes", std::move(list)}, {"notes", result.notes()}});
        return;
    }
    for (const auto& note : result.notes())
        fmt::print("{}\n", note);
    for (const auto& one : result.changes()) {
        fmt::print("cpu {:<6} {:44} {} -> {}\n", host::format_cpu_list(one.cpus), one.name, one.before, one.after);
    }
}

}  // namespace

exit_code diff_verb(int argc, char** argv) {
    common_options options;
    std::vector<std::string> sources;
    bool all = false;
    CLI::App app{"Compares two snapshots, or a snapshot and now, by field", "diff"};
    add_json(app, options);
    add_catalogue(app, options);
    app.add_option("--from", options.from, "What a single snapshot is compared with: auto, linux, kvm")
        ->capture_default_str();
    app.add_option("--cpus", options.cpus, "Which CPUs, as 0-3,8 (all)");
    app.add_flag("--all", all, "Counters and status too, which change by themselves");
    app.add_option("SNAPSHOT", sources, "Before, and after (or now)")->required()->expected(1, 2);
    return parse_and_run(app, argc, argv, [&] {
        auto before_options = options;
        auto after_options = options;
        before_options.from = sources.front();
        if (sources.size() == 2) after_options.from = sources.back();
        auto before = session::open(before_options);
        if (!before) return fail(to_exit_code(before.error().kind), before.error().line());
        auto after = session::open(after_options);
        if (!after) return fail(to_exit_code(after.error().kind), after.error().line());
        comparison result{*before, *after, all};
        result.run();
        print_changes(result, options.json);
        return result.changes().empty() ? done : finding;
    });
}

}  // namespace tool
