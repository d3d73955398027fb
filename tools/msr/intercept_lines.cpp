// Decisions as lines: what can be said together, by which names.

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>

#include "msr/profile/resolve.hpp"
#include "tools/msr/intercept.hpp"

namespace tool {

namespace {

// What registers have to share so that they can stand in one line: a range of a row, or a family of the catalogue.
struct register_company {
    const void* what = nullptr;
    std::uint32_t stride = 1;
};

register_company company_of(const intercept_case& on, std::uint32_t address) {
    for (const auto& row : on.policy().rows) {
        for (const auto& these : row.registers) {
            const bool range = std::string_view{these.name}.find('-') != std::string_view::npos;
            if (range && these.first <= address && address - these.first < these.count) return {&these, 1};
        }
    }
    for (const auto& one : catalogue::at_address(on.facts(), address)) {
        if (one.entry->stride != 0) return {one.entry, one.entry->stride};
    }
    return {};
}

access_line access_line_of(const intercept_case& on, std::uint32_t address, msr::direction access) {
    return {on.exits(address, access), on.why(address, access)};
}

}  // namespace

std::string register_run::addresses() const {
    if (first == last) return fmt::format("{:#x}", first);
    return fmt::format("{:#x}-{:#x}{}", first, last, stride == 1 ? "" : fmt::format(" by {}", stride));
}

std::string name_at(const intercept_case& on, std::uint32_t address) {
    const auto targets = catalogue::at_address(on.facts(), address);
    if (targets.empty()) return {};
    const profile::profile guest{on.facts(), on.guest_cpu().cpuid, on.guest_cpu().registers};
    const auto* const here = on_cpu(targets, guest);
    const auto& one = here != nullptr ? *here : targets.front();
    return catalogue::name_of(*one.entry, one.member);
}

std::string name_of_run(const intercept_case& on, const register_run& run) {
    auto first = name_at(on, run.first);
    if (run.first == run.last || first.empty()) return first;
    const auto last = name_at(on, run.last);
    return last.empty() ? last : first + ".." + last;
}

std::vector<decision_line> decision_lines(const intercept_case& on, const std::vector<std::uint32_t>& addresses) {
    std::vector<decision_line> result;
    std::map<const void*, std::size_t> lines;  // the last one of each company: two families may alternate
    for (const auto address : addresses) {
        const auto company = company_of(on, address);
        decision_line one{{address, address, company.stride, {}},
                          access_line_of(on, address, msr::direction::read),
                          access_line_of(on, address, msr::direction::write)};
        if (const auto before = lines.find(company.what); company.what != nullptr && before != lines.end()) {
            auto& line = result[before->second];
            if (line.read == one.read && line.write == one.write && address == line.registers.last + company.stride) {
                line.registers.last = address;
                continue;
            }
        }
        lines[company.what] = result.size();
        result.push_back(std::move(one));
    }
    for (auto& one : result) {
        one.registers.name = name_of_run(on, one.registers);
    }
    return result;
}

host::outcome<std::vector<std::uint32_t>> addresses_named(const intercept_case& on,
                                                          const std::vector<std::string>& names) {
    const profile::profile guest{on.facts(), on.guest_cpu().cpuid, on.guest_cpu().registers};
    const auto is_there = [&](const catalogue::target& one) {
        return profile::exists(*one.entry, guest) != catalogue::holds::no;
    };
    std::set<std::uint32_t> result;
    for (const auto& name : names) {
        auto targets = catalogue::find_by_name(on.facts(), name);
        if (!targets) return host::bad_input(targets.error());
        if (std::ranges::any_of(*targets, is_there)) std::erase_if(*targets, std::not_fn(is_there));
        for (const auto& one : *targets) {
            if (one.field != nullptr) return host::bad_input(name + " is a field", "registers pass or exit as a whole");
            result.insert(one.address());
        }
        if (targets->empty()) result.insert(*catalogue::parse_address(name));
    }
    return std::vector<std::uint32_t>(result.begin(), result.end());
}

std::string case_words(const intercept_case& on) {
    std::string set;
    for (const auto& one : on.inputs_set())
        set += (set.empty() ? "" : ", ") + one;
    return fmt::format("{} on {}: host {}, guest {}{}; {}", str(on.policy().name), on.on_svm() ? "SVM" : "VMX",
                       on.host_cpu().name, on.guest_cpu().name, on.guest_changes(),
                       set.empty() ? "no setting and no state holds" : "with " + set);
}

}  // namespace tool
