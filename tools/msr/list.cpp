// msr list: the catalogue's registers, or those that a machine has.

#include <fmt/format.h>

#include "msr/catalogue/expression_text.hpp"
#include "msr/catalogue/words.hpp"
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
    options.from.clear();
    std::string topic;
    bool tiled = false;
    CLI::App app{"Lists the registers of the catalogue", "list"};
    add_json(app, options);
    add_catalogue(app, options);
    app.add_option("--from", options.from, "Only those that this machine has: auto, linux, kvm, or a snapshot's file");
    app.add_option("--topic", topic, "Only those of a topic, as \"Memory types\"");
    app.add_flag("--decoded", tiled, "Only those whose fields are known");
    return parse_and_run(app, argc, argv, [&] {
        std::optional<session> from;
        if (!options.from.empty()) {
            auto opened = session::open(options);
            if (!opened) return fail(to_exit_code(opened.error().kind), opened.error().line());
            from.emplace(std::move(*opened));
            from->learn_all();
        }
        const auto loaded = facts::load(options.catalogue);
        if (!loaded) return fail(to_exit_code(loaded.error().kind), loaded.error().line());
        const auto& known = from ? from->facts() : **loaded;
        json list = json::array();
        std::size_t count = 0;
        for (const auto& entry : known.registers) {
            if (!topic.empty() && entry.topic != topic) continue;
            if (tiled && !entry.fields_known) continue;
            if (from && profile::exists(entry, from->cpu(from->cpus().front())) == catalogue::holds::no) continue;
            ++count;
            if (options.json) {
                list.push_back(as_json(entry, known));
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
