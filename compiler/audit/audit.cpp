#include "compiler/audit/audit.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "compiler/audit/facts.hpp"
#include "compiler/audit/headers.hpp"
#include "compiler/audit/listing.hpp"
#include "compiler/audit/verdicts.hpp"

namespace msr::audit {

namespace {

constexpr std::size_t outcomes = 5;
constexpr const char* subjects[] = {"names", "fields", "models"};

struct counts {
    std::array<int, outcomes> of{};
    int settled = 0;
};

// One line a source and what its claims are about.
using result_table = std::map<std::pair<std::string, subject>, counts>;

result_table count_results(const std::vector<finding>& all, const std::set<std::size_t>& settled) {
    result_table result;
    for (std::size_t at = 0; at < all.size(); ++at) {
        auto& line = result[{all[at].about->source, all[at].about->about}];
        ++line.of[static_cast<std::size_t>(all[at].result)];
        line.settled += settled.contains(at) ? 1 : 0;
    }
    return result;
}

void add_line(std::string& text, std::string_view source, std::string_view about, const counts& line) {
    text += fmt::format("{:<18} {:<7}", source, about);
    for (const auto number : line.of)
        text += fmt::format(" {:>11}", number);
    text += fmt::format(" {:>9}\n", line.settled);
}

std::string in_words(const result_table& lines) {
    auto text = fmt::format("{:<18} {:<7} {:>11} {:>11} {:>11} {:>11} {:>11} {:>9}\n", "source", "of", "agreed",
                            "other name", "regrouped", "absent", "conflicting", "settled");
    counts all;
    for (const auto& [what, line] : lines) {
        add_line(text, what.first, subjects[static_cast<std::size_t>(what.second)], line);
        for (std::size_t at = 0; at < outcomes; ++at)
            all.of[at] += line.of[at];
        all.settled += line.settled;
    }
    add_line(text, "all", "", all);
    return text;
}

std::string in_words(const finding& one) {
    const auto& about = *one.about;
    const auto what = claim_text(about);
    return fmt::format("{} {:#x} {}{}{}{}\n", about.source, about.address, what,
                       about.about == subject::name || about.name.empty() ? "" : " " + about.name,
                       one.here.empty() ? "" : "; here ", one.here);
}

void append(std::vector<claim>& into, std::vector<claim> more) {
    std::ranges::move(more, std::back_inserter(into));
}

}  // namespace

std::vector<claim> read_lists(const lists& which, problems& found) {
    std::vector<claim> result;
    if (!which.linux_headers.empty()) append(result, read_linux_headers(which.linux_headers, found));
    if (!which.msrtool.empty()) append(result, read_msrtool_listing(which.msrtool, found));
    if (!which.facts.empty()) append(result, read_facts(which.facts, found));
    return result;
}

report audit(const std::vector<claim>& claims, const catalogue::tables& facts, const std::filesystem::path& verdicts,
             std::optional<outcome> listed, problems& found) {
    const auto all = compare(claims, facts);
    std::set<std::string> sources;
    for (const auto& one : claims)
        sources.insert(one.source);
    problems stale;
    const auto settled = settle(all, read_verdicts(verdicts, found), sources, stale);
    report result{.text = in_words(count_results(all, settled))};
    int open = 0;
    for (std::size_t at = 0; at < all.size(); ++at) {
        const bool unsettled = all[at].result == outcome::conflicting && !settled.contains(at);
        open += unsettled ? 1 : 0;
        if (unsettled) result.text += "unsettled: ";
        if (unsettled || all[at].result == listed) result.text += in_words(all[at]);
    }
    for (const auto& one : stale)
        result.text += fmt::format("{}:{}: {}\n", one.file, one.line, one.message);
    result.text += fmt::format("{} unsettled conflict{}, {} stale verdict{}\n", open, open == 1 ? "" : "s",
                               stale.size(), stale.size() == 1 ? "" : "s");
    result.settled = open == 0 && stale.empty();
    return result;
}

}  // namespace msr::audit
