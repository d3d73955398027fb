// msr decode: what a value means, field by field.

#include <fmt/format.h>

#include "tools/msr/choose.hpp"
#include "tools/msr/values.hpp"
#include "tools/msr/verbs.hpp"

namespace tool {

namespace {

exit_code decode(const chosen& which, const catalogue::tables& facts, std::uint64_t value, bool as_json) {
    const auto name = catalogue::name_of(*which.what.entry, which.what.member);
    const auto fields = which.cpu != nullptr ? layout{*which.what.entry, *which.cpu} : layout{*which.what.entry, facts};
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
        fmt::print("    (other processors have another {}: --from chooses, msr show lists them)\n", name);
    }
    return done;
}

}  // namespace

exit_code decode_verb(int argc, char** argv) {
    common_options options;
    options.from.clear();
    std::string name;
    std::string value;
    CLI::App app{"Says what a register's value means", "decode"};
    add_json(app, options);
    add_catalogue(app, options);
    app.add_option("--from", options.from,
                   "Take the fields that this machine's CPU has: linux, kvm, or a snapshot's file");
    app.add_option("REGISTER", name, "NAME, alias, address (0x1B), NAME[i]")->required();
    app.add_option("VALUE", value, "As 0xd01, 3329 or 0b1101")->required();
    return parse_and_run(app, argc, argv, [&] {
        const auto number = parse_value(value);
        if (!number) return fail(bad_usage, number.error().line());
        std::optional<session> from;
        if (!options.from.empty()) {
            auto opened = session::open(options);
            if (!opened) return fail(to_exit_code(opened.error().kind), opened.error().line());
            from.emplace(std::move(*opened));
        }
        const auto loaded = facts::load(options.catalogue);
        if (!loaded) return fail(to_exit_code(loaded.error().kind), loaded.error().line());
        const auto& known = from ? from->facts() : **loaded;
        const auto which = choose_one(known, name, from ? &*from : nullptr);
        if (!which) return fail(to_exit_code(which.error().kind), which.error().line());
        return decode(*which, known, *number, options.json);
    });
}

}  // namespace tool
