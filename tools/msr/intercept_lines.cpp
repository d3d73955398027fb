// Decisions as lines: what can be said together, by which names.

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "tools/msr/intercept.hpp"

namespace tool {

namespace {

// What neighbours have to share so that they can stand in one line: a range of a row, or a family of the catalogue.
const void* company_of(const intercept_case& on, std::uint32_t address) {
    for (const auto& row : on.policy().rows) {
        for (const auto& these : row.registers) {
            const bool range = std::string_view{these.name}.find('-') != std::string_view::npos;
            if (range && these.first <= address && address - these.first < these.count) return &these;
        }
    }
    for (const auto& one : catalogue::at_address(on.facts(), address)) {
        if (one.entry->stride != 0) return one.entry;
    }
    return nullptr;
}

access_line access_line_of(const intercept_case& on, std::uint32_t address, msr::direction access) {
    return {on.exits(address, access), on.why(address, access)};
}

}  // namespace

std::string register_run::addresses() const {
    return first == last ? fmt::format("{:#x}", first) : fmt::format("{:#x}-{:#x}", first, last);
}

std::string name_at(const intercept_case& on, std::uint32_t address) {
    const auto targets = catalogue::at_address(on.facts(), address);
    if (targets.empty()) return {};
    const profile::profile guest{on.facts(), on.guest_cpu().cpuid, on.guest_cpu().registers};
    const auto* const here = on_cpu(targets, guest);
    const auto& one = here != nullptr ? *here : targets.front();
    return catalogue::name_of(*one.entry, one.member);
}

std::vector<decision_line> decision_lines(const intercept_case& on, const std::vector<std::uint32_t>& addresses) {
    std::vector<decision_line> result;
    const void* last_company = nullptr;
    for (const auto address : addresses) {
        decision_line one{{address, address, {}},
                          access_line_of(on, address, msr::direction::read),
                          access_line_of(on, address, msr::direction::write)};
        const auto* const company = company_of(on, address);
        const bool joins = !result.empty() && company != nullptr && company == last_company &&
                           result.back().read == one.read && result.back().write == one.write;
        last_company = company;
        if (joins) {
            result.back().registers.last = address;
        } else {
            result.push_back(std::move(one));
        }
    }
    for (auto& one : result) {
        auto& registers = one.registers;
        registers.name = name_at(on, registers.first);
        if (registers.first == registers.last) continue;
        const auto last = name_at(on, registers.last);
        if (registers.name.empty() || last.empty()) {
            registers.name.clear();
        } else {
            registers.name += ".." + last;
        }
    }
    return result;
}

host::outcome<std::vector<std::uint32_t>> addresses_named(const catalogue::tables& facts,
                                                          const std::vector<std::string>& names) {
    std::set<std::uint32_t> result;
    for (const auto& name : names) {
        const auto targets = catalogue::find_by_name(facts, name);
        if (!targets) return host::bad_input(targets.error());
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
