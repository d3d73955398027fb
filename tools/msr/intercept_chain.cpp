// What decided an access: the rows about it, their conditions part by part, and the filter.

#include <algorithm>

#include <fmt/format.h>

#include "tools/msr/intercept.hpp"

namespace tool {

namespace {

constexpr msr::direction both_accesses[]{msr::direction::read, msr::direction::write};

std::string_view chain_word(msr::direction access) {
    return access == msr::direction::read ? "read" : "write";
}

std::string_view chain_word(catalogue::holds is) {
    switch (is) {
        case catalogue::holds::yes: return "yes";
        case catalogue::holds::no: return "no";
        case catalogue::holds::unknown: break;
    }
    return "not known";
}

std::string row_place(const catalogue::policy_row& row) {
    return fmt::format("{}, line {}", str(row.policy), row.line);
}

void print_policy_row(const intercept_case& on, const row_verdict& one) {
    const auto& row = *one.row;
    fmt::print("  {}: {}{}\n", row_place(row), row.passes ? "passes" : "exits",
               row.when.empty() ? " always"
               : one.counts()   ? ", since"
                                : " only if");
    for (const auto& part : on.parts_of(row.when)) {
        fmt::print("    {:10}{}{}\n", chain_word(part.is), part.words,
                   part.found.empty() ? "" : fmt::format("  ({})", part.found));
    }
    if (!row.members.empty())
        fmt::print("    {:10}{}\n", one.beyond ? "no" : "yes",
                   one.beyond ? fmt::format("only the first {} of the family", *one.beyond)
                              : "it is among the members that pass");
    if (row.passes) {
        fmt::print("    safe: {}\n    worth: {}\n", str(row.safe), str(row.worth));
        if (!row.filtered) fmt::print("    The filter is not consulted.\n");
    } else {
        fmt::print("    {}\n", str(row.reason));
    }
}

void print_access_chain(const intercept_case& on, std::uint32_t address, msr::direction access,
                        std::string_view called) {
    fmt::print("{}: {}\n", called, on.exits(address, access) ? "exits" : "passes");
    if (!on.covered(address)) {
        fmt::print("  The map does not cover it: it always exits.\n");
        return;
    }
    const auto rows = on.rows_of(address, access);
    for (const auto& one : rows)
        print_policy_row(on, one);
    if (rows.empty()) fmt::print("  No row is about it, and what no row lets pass exits.\n");
    if (const auto filter = on.filter_words(address, access); !filter.empty()) fmt::print("  filter: {}\n", filter);
}

// Whether there is one thing to be said of both accesses.
bool decided_alike(const intercept_case& on, std::uint32_t address) {
    using enum msr::direction;
    const auto same = [](const row_verdict& one, const row_verdict& other) { return one.row == other.row; };
    return on.exits(address, read) == on.exits(address, write) &&
           on.filter_words(address, read) == on.filter_words(address, write) &&
           std::ranges::equal(on.rows_of(address, read), on.rows_of(address, write), same);
}

json policy_row_json(const intercept_case& on, const row_verdict& one) {
    const auto& row = *one.row;
    json result{{"policy", str(row.policy)},
                {"line", row.line},
                {"passes", row.passes},
                {"holds", chain_word(one.condition)},
                {"decides", one.counts()}};
    auto parts = json::array();
    for (const auto& part : on.parts_of(row.when))
        parts.push_back({{"condition", part.words}, {"holds", chain_word(part.is)}, {"found", part.found}});
    result["parts"] = std::move(parts);
    if (one.beyond) result["members"] = *one.beyond;
    if (row.passes) {
        result["safe"] = str(row.safe);
        result["worth"] = str(row.worth);
        result["filtered"] = row.filtered;
    } else {
        result["reason"] = str(row.reason);
    }
    return result;
}

}  // namespace

void print_chain(const intercept_case& on, std::uint32_t address) {
    const auto name = name_at(on, address);
    fmt::print("{}{:#x}\n", name.empty() ? "" : name + ", ", address);
    if (decided_alike(on, address)) {
        print_access_chain(on, address, msr::direction::read, "read, write");
        return;
    }
    for (const auto access : both_accesses)
        print_access_chain(on, address, access, chain_word(access));
}

json chain_json(const intercept_case& on, std::uint32_t address) {
    json result{{"name", name_at(on, address)}, {"address", hex(address)}};
    for (const auto access : both_accesses) {
        auto rows = json::array();
        for (const auto& one : on.rows_of(address, access))
            rows.push_back(policy_row_json(on, one));
        result[std::string{chain_word(access)}] = {{"exits", on.exits(address, access)},
                                                   {"why", on.why(address, access)},
                                                   {"rows", std::move(rows)},
                                                   {"filter", on.filter_words(address, access)}};
    }
    return result;
}

}  // namespace tool
