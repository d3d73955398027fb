#include "tools/msr/virtual_machine_extensions.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "tools/msr/plan.hpp"
#include "tools/msr/report/print.hpp"

namespace tool {

namespace {

// CPUs that say the same are one element.
json details_by_cpu(const extension_question& asked, const session& from, const host::readings& values) {
    const report::names all{from.facts()};
    auto result = json::array();
    for (std::size_t at = 0; at < from.cpus().size(); ++at) {
        const auto number = from.cpus()[at];
        auto one = asked.details({all, number, from.cpu(number), values.addresses(), values.row(at)});
        const auto same = std::ranges::find_if(result, [&](const json& other) { return other["says"] == one; });
        if (same != result.end()) {
            (*same)["cpus"].push_back(number);
        } else {
            result.push_back({{"cpus", {number}}, {"says", std::move(one)}});
        }
    }
    return result;
}

}  // namespace

host::readings read_topic(session& from, std::uint32_t register_of_topic, std::span<const std::uint32_t> more) {
    from.learn_all();
    const auto topic = catalogue::at_address(from.facts(), register_of_topic).front().entry->topic;
    auto addresses = readable_addresses(from, false);
    std::erase_if(addresses, [&](std::uint32_t address) {
        const auto candidates = catalogue::at_address(from.facts(), address);
        return candidates.front().entry->topic != topic && std::ranges::find(more, address) == more.end();
    });
    return from.machine().read(from.cpus(), addresses);
}

exit_code ask_extension(const extension_question& asked, int argc, char** argv) {
    common_options options;
    CLI::App app{asked.title, asked.name};
    add_json(app, options);
    add_source(app, options);
    add_catalogue(app, options);
    add_profile(app, options);
    return parse_and_run(app, argc, argv, [&] {
        auto opened = session::open(options, true);
        if (!opened) return fail(to_exit_code(opened.error().kind), opened.error().line());
        if (!opened->complaint().empty()) fmt::print(stderr, "msr: {}\n", opened->complaint());
        const auto values = read_topic(*opened, asked.register_of_topic, asked.more);
        const auto all = report::make(*opened, report::surroundings_of(*opened), asked.topics, values);
        if (options.json) {
            auto document = report::to_json(all);
            document[asked.name] = details_by_cpu(asked, *opened, values);
            print(document);
        } else {
            fmt::print("{}", report::to_text(all, isatty(STDOUT_FILENO) == 1));
        }
        return done;
    });
}

}  // namespace tool
