// msr encode: a value from fields.

#include <algorithm>

#include <fmt/format.h>

#include "tools/msr/background.hpp"
#include "tools/msr/choose.hpp"
#include "tools/msr/refusal.hpp"
#include "tools/msr/values.hpp"
#include "tools/msr/verbs.hpp"
#include "tools/msr/write_check.hpp"

namespace tool {

namespace {

host::error bad(std::string what, std::string why = {}) {
    return {host::error_kind::bad_input, std::move(what), std::move(why), {}};
}

// A number, or a value's name: PA0=WB.
host::outcome<std::uint64_t> field_value(const catalogue::field_entry& field, std::string_view words) {
    if (field.values != nullptr) {
        for (const auto& one : field.values->values) {
            if (one.name == words && one.mask == ~std::uint64_t{0}) return one.match;
        }
    }
    auto number = parse_value(words);
    if (number || field.values == nullptr) return number;
    return std::unexpected{
        bad(fmt::format("{} has no value `{}`", std::string_view{field.name}, words), legal_values(field))};
}

bool is_address(const catalogue::field_entry& field) {
    return field.kind == catalogue::field_kind::linear_address || field.kind == catalogue::field_kind::physical_address;
}

// Puts FIELD=VALUE into a register's value; nothing is cut off to make it fit.
host::outcome<std::uint64_t> with_field(const layout& fields, std::uint64_t value, const std::string& assignment) {
    const auto equals = assignment.find('=');
    const auto name = assignment.substr(0, equals);
    if (equals == std::string::npos) return std::unexpected{bad(fmt::format("`{}` is no FIELD=VALUE", assignment))};
    const auto field = std::ranges::find_if(fields->fields, [&](const auto& one) { return one.entry->name == name; });
    if (field == fields->fields.end()) {
        return std::unexpected{bad(fmt::format("{} has no field `{}`", std::string_view{fields->entry->name}, name),
                                   fmt::format("msr show {} lists them", std::string_view{fields->entry->name}))};
    }
    auto number = field_value(*field->entry, std::string_view{assignment}.substr(equals + 1));
    if (!number) return number;
    if (is_address(*field->entry) && field->entry->shift > 0) {
        const auto low = catalogue::mask_of(field->entry->shift - 1, 0);
        if ((*number & low) != 0)
            return std::unexpected{
                bad(fmt::format("{} takes an address whose low {} bits are zero", name, field->entry->shift))};
        *number >>= field->entry->shift;
    }
    const auto widest = field->mask() >> field->lsb;
    if (*number > widest) {
        return std::unexpected{
            bad(fmt::format("{} does not fit {}", hex(*number), name), fmt::format("it has bits {}", bits_of(*field)))};
    }
    if (field->entry->values_exhaust && profile::meaning_of(*field->entry, *number) == nullptr) {
        return std::unexpected{
            bad(fmt::format("{} is no legal value of {}", *number, name), "legal: " + legal_values(*field->entry))};
    }
    return (value & ~field->mask()) | *number << field->lsb;
}

// The value is made all the same; that the CPU at hand would refuse it is said beside it.
exit_code objections(const chosen& which, session* from, std::uint64_t old, std::uint64_t value) {
    if (which.cpu == nullptr || from == nullptr) return done;
    const auto result = check_write(which.what, *which.cpu, old, value, &from->machine(), from->cpus().front());
    if (!result.faults()) return done;
    const auto name = catalogue::name_of(*which.what.entry, which.what.member);
    return fail(finding, "this CPU would refuse it: " + reason(result, value, name));
}

}  // namespace

exit_code encode_verb(int argc, char** argv) {
    common_options options;
    std::string name;
    std::vector<std::string> assignments;
    std::string old = "0";
    CLI::App app{"Makes a register's value from fields", "encode"};
    add_json(app, options);
    add_optional_source(app, options);
    add_profile(app, options);
    add_catalogue(app, options);
    app.add_option("--old", old, "The value to start from")->capture_default_str();
    app.add_option("REGISTER", name, "NAME, alias, address (0x1B)")->required();
    app.add_option("FIELD=VALUE", assignments, "A number, or the name of a value: SCE=1 PA0=WB")->required();
    return parse_and_run(app, argc, argv, [&] {
        auto known = background::open(options);
        if (!known) return fail(to_exit_code(known.error().kind), known.error().line());
        const auto which = choose_one(known->facts(), name, known->machine());
        if (!which) return fail(to_exit_code(which.error().kind), which.error().line());
        const auto before = parse_value(old);
        auto value = before;
        const layout fields = layout_of(*which, known->facts());
        for (const auto& assignment : assignments) {
            if (value) value = with_field(fields, *value, assignment);
        }
        if (!value) return fail(bad_usage, value.error().line());
        if (options.json) {
            print(json{{"name", catalogue::name_of(*which->what.entry, which->what.member)}, {"value", hex(*value)}});
        } else {
            fmt::print("{}\n", hex(*value));
        }
        return objections(*which, known->machine(), *before, *value);
    });
}

}  // namespace tool
