// Why an access passes or exits: conditions taken apart, with what was found of their facts.

#include <algorithm>

#include <fmt/format.h>

#include "msr/catalogue/expression_text.hpp"
#include "tools/msr/intercept_case.hpp"
#include "tools/msr/values.hpp"

namespace tool {

namespace virt = msr::virt;

namespace {

// The operands of the outermost `and`s, in order; the condition itself if there are none.
std::vector<catalogue::expression> conjuncts(catalogue::expression condition) {
    std::vector<std::vector<catalogue::expression>> stack;
    std::vector<const catalogue::instruction*> starts;
    for (const auto& step : condition) {
        const auto* const end = &step + 1;
        const auto whole = [&] {
            return catalogue::expression{starts.back(), static_cast<std::size_t>(end - starts.back())};
        };
        if (step.code < catalogue::operation::logical_and) {
            starts.push_back(&step);
            stack.push_back({whole()});
        } else if (step.code == catalogue::operation::logical_not) {
            stack.back() = {whole()};
        } else {
            auto right = std::move(stack.back());
            stack.pop_back();
            starts.pop_back();
            if (step.code == catalogue::operation::logical_and) {
                stack.back().insert(stack.back().end(), right.begin(), right.end());
            } else {
                stack.back() = {whole()};
            }
        }
    }
    return stack.empty() ? std::vector<catalogue::expression>{} : stack.back();
}

bool is_truth(catalogue::operation code) {
    using enum catalogue::operation;
    return code == feature || code == vendor || code == processors || code == setting || code == state;
}

}  // namespace

std::string intercept_case::why(std::uint32_t index, msr::direction access) const {
    if (!covered(index)) return "the map does not cover it: it always exits";
    if (const auto* const row = passing_row(index, access)) return str(row->safe);
    const auto rows = rows_of(index, access);
    for (const auto& one : rows) {
        if (one.row->passes && one.counts()) return "the filter: " + filter_words(index, access);
        if (one.counts()) return str(one.row->reason);
    }
    std::vector<std::string> lacks;  // each once: several rows may lack the same
    const auto say = [](std::vector<std::string>& into, std::string words) {
        if (std::ranges::find(into, words) == into.end()) into.push_back(std::move(words));
    };
    for (const auto& one : rows) {
        if (!one.row->passes) continue;
        std::vector<std::string> missing;
        for (const auto& each : parts_of(one.row->when)) {
            if (each.is == catalogue::holds::yes) continue;
            say(missing, each.words + (each.is == catalogue::holds::unknown ? " (not known)" : ""));
        }
        say(lacks, missing.empty() ? fmt::format("only the first {} pass", one.beyond.value_or(0))
                                   : fmt::format("missing: {}", fmt::join(missing, ", ")));
    }
    return lacks.empty() ? "no row lets it pass" : fmt::format("{}", fmt::join(lacks, "; or "));
}

std::string intercept_case::fact_words(const catalogue::instruction& step) const {
    const virt::policy_inputs inputs{*host_, *guest_, settings_};
    const auto name = catalogue::to_text({&step, 1}, *facts_);
    const auto value = catalogue::evaluate<std::int64_t>({&step, 1}, policy_moment{inputs, states_});
    if (!value.known) return name + " is not known";
    if (is_truth(step.code)) return name + (value.value != 0 ? " yes" : " no");
    return fmt::format("{} is {}", name, value.value);
}

std::vector<intercept_case::part> intercept_case::parts_of(catalogue::expression condition) const {
    const virt::policy_inputs inputs{*host_, *guest_, settings_};
    std::vector<part> result;
    for (const auto& each : conjuncts(condition)) {
        std::vector<std::string> facts;
        bool plain = true;
        for (const auto& step : each) {
            if (step.code >= catalogue::operation::logical_and || step.code == catalogue::operation::number) continue;
            facts.push_back(fact_words(step));
            plain = plain && is_truth(step.code);
        }
        std::string found;
        if (facts.size() > 1 || !plain) {
            for (const auto& one : facts)
                found += (found.empty() ? "" : ", ") + one;
        }
        result.push_back({catalogue::to_text(each, *facts_), catalogue::test(each, policy_moment{inputs, states_}),
                          std::move(found)});
    }
    return result;
}

}  // namespace tool
