#include "compiler/audit/verdicts.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "msr/catalogue/load/document.hpp"
#include "msr/catalogue/load/schema.hpp"

namespace msr::audit {

namespace {

using catalogue::load::document;
using catalogue::load::json;

verdict read_verdict(const json& value, const std::string& file, int line) {
    verdict result{.file = file, .line = line};
    for (const auto& source : value["sources"])
        result.sources.insert(source.get<std::string>());
    for (const auto& address : value["addresses"])
        result.addresses.push_back(address.get<std::uint32_t>());
    // A bit's number is a number in YAML.
    for (const auto& one : value["claims"])
        result.claims.push_back(one.is_string() ? one.get<std::string>() : std::to_string(one.get<std::uint64_t>()));
    return result;
}

// A conflict's address and claim, to its places among the findings.
using conflicts = std::multimap<std::pair<std::uint32_t, std::string>, std::size_t>;

void report_what_settles_nothing(const verdict& one, const std::set<std::string>& useful, bool all_read,
                                 const std::set<std::string>& sources_read, const std::vector<std::string>& idle,
                                 problems& stale) {
    for (const auto& source : one.sources) {
        if (sources_read.contains(source) && !useful.contains(source))
            stale.push_back({one.file, one.line, fmt::format("`{}` has no such conflict", source)});
    }
    if (!all_read) return;
    for (const auto& what : idle)
        stale.push_back({one.file, one.line, fmt::format("there is no such conflict: {}", what)});
}

}  // namespace

std::vector<verdict> read_verdicts(const std::filesystem::path& file, problems& found) {
    std::vector<verdict> result;
    const auto text = document::read(file, found);
    if (!text || !check_schema(*text, catalogue::load::form::verdicts, found)) return result;
    const auto& list = text->root()["verdicts"];
    for (std::size_t at = 0; at < list.size(); ++at)
        result.push_back(read_verdict(list[at], file.string(), text->line("/verdicts/" + std::to_string(at))));
    return result;
}

std::set<std::size_t> settle(const std::vector<finding>& all, const std::vector<verdict>& verdicts,
                             const std::set<std::string>& sources_read, problems& stale) {
    conflicts open;
    for (std::size_t at = 0; at < all.size(); ++at) {
        if (all[at].result == outcome::conflicting)
            open.emplace(std::pair{all[at].about->address, claim_text(*all[at].about)}, at);
    }
    std::set<std::size_t> settled;
    for (const auto& one : verdicts) {
        std::set<std::string> useful;
        std::vector<std::string> idle;
        for (const auto address : one.addresses) {
            for (const auto& words : one.claims) {
                const auto [first, last] = open.equal_range({address, words});
                bool any = false;
                for (const auto& [where, at] : std::ranges::subrange{first, last}) {
                    const auto& source = all[at].about->source;
                    if (!one.sources.contains(source)) continue;
                    any = true;
                    useful.insert(source);
                    settled.insert(at);
                }
                if (!any) idle.push_back(fmt::format("{:#x} {}", address, words));
            }
        }
        const bool all_read = std::ranges::includes(sources_read, one.sources);
        report_what_settles_nothing(one, useful, all_read, sources_read, idle, stale);
    }
    return settled;
}

}  // namespace msr::audit
