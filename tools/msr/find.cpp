// msr find: registers and fields by a word of their names, titles or text.

#include <fmt/format.h>

#include "msr/catalogue/words.hpp"
#include "tools/msr/background.hpp"
#include "tools/msr/values.hpp"
#include "tools/msr/verbs.hpp"

namespace tool {

namespace {

std::string full_name(const catalogue::target& what) {
    auto name = str(what.entry->name);
    if (what.field != nullptr) name += "." + str(what.field->name);
    return name;
}

std::string bit_text(const catalogue::field_entry& field, const catalogue::tables& facts) {
    const auto one = [&](catalogue::bit_position at) {
        if (at.quantity == catalogue::none) return fmt::format("{}", at.offset);
        const auto quantity = str(facts.quantities[at.quantity].name);
        return at.offset == 0 ? quantity : fmt::format("{}{:+}", quantity, at.offset);
    };
    const auto msb = one(field.msb);
    const auto lsb = one(field.lsb);
    return msb == lsb ? "bit " + msb : "bits " + msb + ".." + lsb;
}

}  // namespace

exit_code find_verb(int argc, char** argv) {
    common_options options;
    std::string word;
    CLI::App app{"Searches names, aliases, addresses, fields, titles and text", "find"};
    add_json(app, options);
    add_optional_source(app, options);
    add_profile(app, options);
    add_catalogue(app, options);
    app.add_option("WORD", word, "As ibrs, 0x48, microcode")->required();
    return parse_and_run(app, argc, argv, [&] {
        auto known = background::open(options);
        if (!known) return fail(to_exit_code(known.error().kind), known.error().line());
        if (known->machine() != nullptr) known->machine()->learn_all();
        const auto matches = catalogue::search(known->facts(), word);
        std::size_t shown = 0;
        json list = json::array();
        for (const auto& [what, rank] : matches) {
            if (!known->may_exist(*what.entry)) continue;
            ++shown;
            const auto title = str(what.field != nullptr ? what.field->title : what.entry->title);
            const auto bits = what.field != nullptr ? bit_text(*what.field, known->facts()) : std::string{};
            if (options.json) {
                list.push_back({{"name", full_name(what)},
                                {"variant", str(what.entry->variant)},
                                {"address", hex(what.address())},
                                {"bits", bits},
                                {"title", title}});
            } else {
                fmt::print("{:44} {:>8X}H {:12} {}\n", full_name(what), what.address(), bits, title);
            }
        }
        if (options.json) print(json{{"matches", std::move(list)}});
        if (shown == 0) return fail(finding, fmt::format("nothing is called `{}`, nor mentions it", word));
        return done;
    });
}

}  // namespace tool
