// msr decode: what a value means, as a whole and field by field.

#include <fmt/format.h>

#include "tools/msr/background.hpp"
#include "tools/msr/choose.hpp"
#include "tools/msr/report/meaning.hpp"
#include "tools/msr/values.hpp"
#include "tools/msr/verbs.hpp"

namespace tool {

namespace {

exit_code decode(const chosen& which, background& known, std::uint64_t value, bool as_json) {
    const auto& facts = known.facts();
    const auto name = catalogue::name_of(*which.what.entry, which.what.member);
    auto* machine = which.cpu != nullptr ? known.machine() : nullptr;
    const auto on = machine != nullptr ? std::optional{machine->cpus().front()} : std::nullopt;
    const auto meaning = report::meanings{facts, machine}.of(which.what, value, on);
    const auto fields = layout_of(which, facts);
    const auto reserved = which.cpu != nullptr ? impossible_bits(fields, value) : 0;
    if (as_json) {
        json result{{"name", name},
                    {"address", hex(which.what.address())},
                    {"value", hex(value)},
                    {"fields", to_json(fields, value, which.cpu)}};
        if (!meaning.empty()) result["meaning"] = report::joined(meaning, "; ");
        if (reserved != 0) result["reserved_bits"] = hex(reserved);
        print(result);
        return done;
    }
    fmt::print("{}  {:#x}\n", name, value);
    for (const auto& sentence : meaning)
        fmt::print("    {}\n", sentence);
    if (!which.what.entry->fields_known) {
        fmt::print("    its fields are not known\n");
        return done;
    }
    print_fields(fields, value, which.cpu);
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
        return decode(*which, *known, *number, options.json);
    });
}

}  // namespace tool
