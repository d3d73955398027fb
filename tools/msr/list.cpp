// msr list: the catalogue's registers, or those that a machine has.

#include <fmt/format.h>

#include "msr/catalogue/expression_text.hpp"
#include "msr/catalogue/words.hpp"
#include "tools/msr/background.hpp"
#include "tools/msr/values.hpp"
#include "tools/msr/verbs.hpp"

namespace tool {

namespace {

json as_json(const catalogue::register_entry& entry, const catalogue::tables& facts) {
    json result{{"name", str(entry.name)},
                {"variant", str(entry.variant)},
                {"title", str(entry.title)},
                {"topic", str(entry.topic)},
                {"address", hex(entry.address)},
                {"members", entry.members},
                {"stride", entry.stride},
                {"exists", catalogue::to_text(entry.exists, facts)},
                {"access", str(catalogue::to_word(entry.access))},
                {"scope", str(catalogue::to_word(entry.scope))},
                {"varies", str(catalogue::to_word(entry.varies))},
                {"fields_known", entry.fields_known}};
    auto aliases = json::array();
    for (const auto& alias : entry.aliases)
        aliases.push_back(str(alias));
    result["aliases"] = std::move(aliases);
    return result;
}

void print_line(const catalogue::register_entry& entry) {
    auto name = str(entry.name);
    if (!entry.variant.empty()) name += "@" + str(entry.variant);
    const auto count = entry.members > 1 ? fmt::format("x{}", entry.members) : std::string{};
    fmt::print("{:>8X}H {:5} {:44} {}\n", entry.address, count, name, std::string_view{entry.title});
}

}  // namespace

exit_code list_verb(int argc, char** argv) {
    common_options options;
    std::string topic;
    bool tiled = false;
    CLI::App app{"Lists the registers of the catalogue", "list"};
    add_json(app, options);
    add_catalogue(app, options);
    add_optional_source(app, options);
    add_profile(app, options);
    app.add_option("--topic", topic, "Only those of a topic, as \"Memory types\"");
    app.add_flag("--decoded", tiled, "Only those whose fields are known");
    return parse_and_run(app, argc, argv, [&] {
        auto known = background::open(options);
        if (!known) return fail(to_exit_code(known.error().kind), known.error().line());
        if (known->machine() != nullptr) known->machine()->learn_all();
        json list = json::array();
        std::size_t count = 0;
        for (const auto& entry : known->facts().registers) {
            if (!topic.empty() && entry.topic != topic) continue;
            if (tiled && !entry.fields_known) continue;
            if (!known->may_exist(entry)) continue;
            ++count;
            if (options.json) {
                list.push_back(as_json(entry, known->facts()));
            } else {
                print_line(entry);
            }
        }
        if (options.json) print(json{{"registers", std::move(list)}});
        if (count == 0)
            return fail(finding,
                        topic.empty() ? "no register fits" : fmt::format("no register of topic `{}` fits", topic));
        return done;
    });
}

}  // namespace tool
