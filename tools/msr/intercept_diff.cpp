// msr intercept diff: what differs between two policies, two guests or two filters.

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "tools/msr/intercept.hpp"

namespace tool {

namespace {

struct flip {
    register_run registers;
    std::string before;  // "read passes, write exits"
    std::string after;
    std::string why;  // it is as it is afterwards
};

std::string decision_words(const access_line& read, const access_line& write) {
    const auto word = [](const access_line& one) { return one.exits ? "exits" : "passes"; };
    if (read.exits == write.exits) return word(read);
    return fmt::format("read {}, write {}", word(read), word(write));
}

std::string why_of(const decision_line& before, const decision_line& after) {
    const bool read = before.read.exits != after.read.exits;
    const bool write = before.write.exits != after.write.exits;
    if (read && write && after.read.why != after.write.why)
        return fmt::format("read: {} write: {}", after.read.why, after.write.why);
    return read ? after.read.why : after.write.why;
}

std::vector<std::uint32_t> all_addresses(const intercept_case& one, const intercept_case& other) {
    const auto first = one.addresses();
    const auto second = other.addresses();
    std::vector<std::uint32_t> result;
    std::ranges::set_union(first, second, std::back_inserter(result));
    return result;
}

bool decides_alike(const intercept_case& one, const intercept_case& other, std::uint32_t address) {
    return one.exits(address, msr::direction::read) == other.exits(address, msr::direction::read) &&
           one.exits(address, msr::direction::write) == other.exits(address, msr::direction::write);
}

flip flip_at(const intercept_case& before, const intercept_case& after, std::uint32_t address) {
    const auto old = decision_lines(before, {address}).front();
    const auto now = decision_lines(after, {address}).front();
    return {now.registers, decision_words(old.read, old.write), decision_words(now.read, now.write), why_of(old, now)};
}

// Neighbours that can stand in one line there, and of which the same is to be said.
std::vector<flip> flips_between(const intercept_case& before, const intercept_case& after) {
    std::vector<flip> result;
    for (const auto address : all_addresses(before, after)) {
        if (decides_alike(before, after, address)) continue;
        auto one = flip_at(before, after, address);
        const bool joins = !result.empty() && result.back().before == one.before && result.back().after == one.after &&
                           result.back().why == one.why &&
                           decision_lines(after, {result.back().registers.last, address}).size() == 1;
        if (joins) {
            result.back().registers.last = address;
            result.back().registers.stride = one.registers.stride;
        } else {
            result.push_back(std::move(one));
        }
    }
    for (auto& one : result)
        one.registers.name = name_of_run(after, one.registers);
    return result;
}

exit_code show_flips(const intercept_case& before, const intercept_case& after, bool as_json) {
    const auto flips = flips_between(before, after);
    if (as_json) {
        auto list = json::array();
        for (const auto& one : flips) {
            list.push_back({{"name", one.registers.name},
                            {"first", hex(one.registers.first)},
                            {"last", hex(one.registers.last)},
                            {"stride", one.registers.stride},
                            {"before", one.before},
                            {"after", one.after},
                            {"why", one.why}});
        }
        print(json{{"differences", std::move(list)}});
    } else {
        fmt::print("A: {}\nB: {}\n", case_words(before), case_words(after));
        if (!flips.empty()) fmt::print("\n");
        for (const auto& one : flips)
            fmt::print("{:23} {:40} {} -> {}: {}\n", one.registers.addresses(), one.registers.name, one.before,
                       one.after, one.why);
        fmt::print("\n{} difference{}\n", flips.size(), flips.size() == 1 ? "" : "s");
    }
    return flips.empty() ? done : finding;
}

}  // namespace

exit_code intercept_diff(int argc, char** argv) {
    bool as_json = false;
    intercept_names before;
    std::string policy;
    std::string guest;
    std::string host_cpu;
    std::string filter;
    std::vector<std::string> features;
    std::vector<std::string> set;
    CLI::App app{
        "Says which accesses pass under A and exit under B, or the other way round. A and B are two policies, or with "
        "one policy two guests, hosts, filters or sets of states; what has no B is the same in both",
        "intercept diff"};
    app.add_flag("--json", as_json, "Print JSON");
    add_case(app, before);
    app.add_option("--guest-b", guest, "B's guest");
    auto* const features_b = app.add_option("--features-b", features, "Features that B's guest is to have or lack");
    features_b->delimiter(',')->expected(1)->take_all()->allow_extra_args(false);
    app.add_option("--host-b", host_cpu, "B's host");
    app.add_option("--filter-b", filter, "B's filter");
    auto* const set_b = app.add_option("--set-b", set, "Settings and states that hold for B");
    set_b->delimiter(',')->expected(1)->take_all()->allow_extra_args(false);
    app.add_option("A", before.policy, "A name of msr intercept list, or a file")->required();
    app.add_option("B", policy, "Another policy");
    return parse_and_run(app, argc, argv, [&] {
        if (before.guest.empty()) return fail(bad_usage, "a guest has to be named: --guest");
        auto after = before;
        if (!policy.empty()) after.policy = policy;
        if (!guest.empty()) after.guest = guest;
        // Another guest is on the same host, unless that is another too.
        if (before.host.empty()) after.host = before.guest;
        if (!host_cpu.empty()) after.host = host_cpu;
        if (!filter.empty()) after.filter = filter;
        if (features_b->count() > 0) after.features = features;
        if (set_b->count() > 0) after.set = set;
        const auto first = intercept_case::open(before);
        if (!first) return fail(to_exit_code(first.error().kind), first.error().line());
        const auto second = intercept_case::open(after);
        if (!second) return fail(to_exit_code(second.error().kind), second.error().line());
        for (const auto& doubt : std::set{(**first).doubt(), (**second).doubt()}) {
            if (!doubt.empty()) fmt::print(stderr, "msr: {}\n", doubt);
        }
        return show_flips(**first, **second, as_json);
    });
}

}  // namespace tool
