// msr write: registers or fields, on all or some CPUs, or on none of them.

#include <algorithm>

#include <fmt/format.h>

#include "tools/msr/assign.hpp"
#include "tools/msr/choose.hpp"
#include "tools/msr/verbs.hpp"
#include "tools/msr/write_run.hpp"

namespace tool {

namespace {

// All that was asked for of one register: its value, or some of its fields.
struct wanted_register {
    register_name where;
    std::string whole;               // V of REGISTER=V; empty if it is by fields
    std::vector<assignment> fields;  // by the field's own name
};

class request {
  public:
    explicit request(session& from) : from_{from} {}

    host::outcome<void> add(const std::string& words) {
        const auto given = parse_assignment(words, "REGISTER=VALUE or REGISTER.FIELD=VALUE");
        if (!given) return std::unexpected{given.error()};
        auto where = one_register(from_, given->name);
        if (!where) return std::unexpected{where.error()};
        auto known = std::ranges::find(registers_, where->address, [](const auto& one) { return one.where.address; });
        if (known == registers_.end()) {
            registers_.push_back({std::move(*where), {}, {}});
            known = std::prev(registers_.end());
        }
        return put(*known, *given);
    }

    [[nodiscard]] host::outcome<write_plan> plan() const {
        write_plan all;
        for (const auto& one : registers_) {
            for (const auto cpu : from_.cpus()) {
                auto change = plan_change(from_, cpu, one.where, [&](const register_view& seen) {
                    return one.whole.empty() ? by_fields(one, seen) : as_a_whole(one, seen);
                });
                if (!change) return std::unexpected{change.error()};
                all.changes.push_back(std::move(*change));
            }
        }
        return all;
    }

  private:
    host::outcome<void> put(wanted_register& into, const assignment& given) const {
        const auto targets = catalogue::find_by_name(from_.facts(), given.name);
        const auto* const field = targets->empty() ? nullptr : targets->front().field;
        const auto twice = [&] { return host::bad_input(given.name + " is given twice"); };
        if (field == nullptr) {
            if (!into.whole.empty()) return twice();
            if (!into.fields.empty()) return mixed(into);
            if (given.value.empty()) return host::bad_input("`` is no value", "write 31, 0x1f or 0b11111");
            into.whole = given.value;
            return {};
        }
        auto name = str(field->name);
        if (!into.whole.empty()) return mixed(into);
        if (std::ranges::find(into.fields, name, &assignment::name) != into.fields.end()) return twice();
        into.fields.push_back({std::move(name), given.value});
        return {};
    }

    static std::unexpected<host::error> mixed(const wanted_register& one) {
        return host::bad_input(fmt::format("{} is given as a whole and by fields", one.where.name), "",
                               "choose one of the two");
    }

    static host::outcome<wanted_value> as_a_whole(const wanted_register& one, const register_view&) {
        const auto number = parse_value(one.whole);
        if (!number) return std::unexpected{number.error()};
        return wanted_value{*number, ~std::uint64_t{0}, true};
    }

    static host::outcome<wanted_value> by_fields(const wanted_register& one, const register_view& seen) {
        wanted_value result{seen.unchanged(), 0, false};
        for (const auto& field : one.fields) {
            const auto value = with_field(seen.fields, result.value, field);
            if (!value) return std::unexpected{value.error()};
            result.value = *value;
            result.asked |= field_named(seen.fields, field.name)->mask();
        }
        return result;
    }

    session& from_;
    std::vector<wanted_register> registers_;
};

}  // namespace

exit_code write_verb(int argc, char** argv) {
    write_options options;
    options.common.from = "linux";  // and not the first that opens: who writes means this machine
    std::vector<std::string> assignments;
    CLI::App app{"Writes registers or fields, on all CPUs or on none, and reads them back", "write"};
    add_json(app, options.common);
    add_catalogue(app, options.common);
    add_source(app, options.common);
    add_dry_run(app, options);
    add_force(app, options);
    app.add_option("REGISTER[.FIELD]=VALUE", assignments, "A number, or the name of a value: IA32_PAT.PA0=WB")
        ->required();
    return parse_and_run(app, argc, argv, [&] {
        if (options.common.from == "auto")
            return fail(bad_usage, "--from auto may be a virtual CPU that nobody has: name linux or kvm");
        auto opened = session::open(options.common);
        if (!opened) return fail(to_exit_code(opened.error().kind), opened.error().line());
        // All the CPUs that were asked for, or none.
        if (!opened->complaint().empty()) return fail(no_access, opened->complaint() + "; nothing is written");
        request asked{*opened};
        for (const auto& words : assignments) {
            if (const auto added = asked.add(words); !added) return fail(bad_usage, added.error().line());
        }
        const auto plan = asked.plan();
        if (!plan) return fail(to_exit_code(plan.error().kind), plan.error().line());
        return show_and_write(*opened, *plan, options, "write");
    });
}

}  // namespace tool
