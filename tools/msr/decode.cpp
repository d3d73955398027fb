// msr decode: what a value means, field by field.

#include <fmt/format.h>

#include "tools/msr/background.hpp"
#include "tools/msr/choose.hpp"
#include "tools/msr/values.hpp"
#include "tools/msr/verbs.hpp"

namespace tool {

namespace {

exit_code decode(const chosen& which, const catalogue::tables& facts, std::uint64_t value, bool as_json) {
    const auto name = catalogue::name_of(*which.what.entry, which.what.member);
    const auto fields = layout_of(which, facts);
    if (as_json) {
        print(json{{"name", name},
                   {"address", hex(which.what.address())},
                   {"value", hex(value)},
                   {"fields", to_json(fields, value, which.cpu)}});
        return done;
    }
    fmt::print("{}  {:#x}\n", name, value);
    if (!which.what.entry->fields_known) {
        fmt::print("    its fields are not known\n");
        return done;
    }
    print_fields(fields, value, which.cpu);
    const auto reserved = which.cpu != nullptr ? value & fields->must_be_zero : 0;
    if (reserved != 0) fmt::print("    reserved bits are set: {:#x}\n", reserved);
    if (which.cpu == nullptr && !which.others.empty()) {
        fmt::print("    (on other processors {:X}H is another register: --from chooses, msr show lists them)\n",
                   which.what.address());
    }
    return done;
}

}  // namespace

exit_code decode_verb(int argc, char** argv) {
    common_options options;
    std::string name;
    std::string value;
    CLI::App app{"Says what a register's value means", "decode"};
    add_json(app, options);
    add_catalogue(app, options);
    add_optional_source(app, options);
    add_profile(app, options);
    app.add_option("REGISTER", name, "NAME, alias, address (0x1B), NAME[i]")->required();
    app.add_option("VALUE", value, "As 0xd01, 3329 or 0b1101")->required();
    return parse_and_run(app, argc, argv, [&] {
        const auto number = parse_value(value);
        if (!number) return fail(bad_usage, number.error().line());
        auto known = background::open(options);
        if (!known) return fail(to_exit_code(known.error().kind), known.error().line());
        const auto which = choose_register(known->facts(), name, known->machine());
        if (!which) return fail(to_exit_code(which.error().kind), which.error().line());
        return decode(*which, known->facts(), *number, options.json);
    });
}

}  // namespace tool
