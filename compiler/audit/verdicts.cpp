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

// What of a verdict met a conflict.
struct use {
    std::set<std::string> sources;
    std::set<std::uint32_t> addresses;
    std::set<std::string> claims;
};

void report_what_settles_nothing(const verdict& one, const use& used, const std::set<std::string>& sources_read,
                                 problems& stale) {
    for (const auto& source : one.sources) {
        if (sources_read.contains(source) && !used.sources.contains(source))
            stale.push_back({one.file, one.line, fmt::format("`{}` has no such conflict", source)});
    }
    // A list that has not been read may be the one that claims it.
    if (!std::ranges::includes(sources_read, one.sources)) return;
    for (const auto address : one.addresses) {
        if (!used.addresses.contains(address))
            stale.push_back({one.file, one.line, fmt::format("there is no such conflict at {:#x}", address)});
    }
    for (const auto& words : one.claims) {
        if (!used.claims.contains(words))
            stale.push_back({one.file, one.line, fmt::format("there is no such conflict about {}", words)});
    }
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
        use used;
        for (const auto address : one.addresses) {
            for (const auto& words : one.claims) {
                const auto [first, last] = open.equal_range({address, words});
                for (const auto& [where, at] : std::ranges::subrange{first, last}) {
                    const auto& source = all[at].about->source;
                    if (!one.sources.contains(source)) continue;
                    used.sources.insert(source);
                    used.addresses.insert(address);
                    used.claims.insert(words);
                    settled.insert(at);
                }
            }
        }
        report_what_settles_nothing(one, used, sources_read, stale);
    }
    return settled;
}

}  // namespace msr::audit
