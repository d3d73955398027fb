#include "tools/msr/report/unread.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "tools/msr/values.hpp"

namespace tool::report {

namespace {

constexpr std::size_t most_topics = 6;

struct failures {
    std::vector<std::uint32_t> cpus;
    std::vector<std::string> names;  // of registers; a family stands for its members
    std::map<std::string_view, std::size_t> by_topic;
    std::size_t registers = 0;
    msr::fault example;
};

// By cause; the names are those of the first CPU that has the cause.
std::map<msr::cause, failures> collect(const session& from, const host::readings& values) {
    std::map<msr::cause, failures> result;
    for (std::size_t cpu = 0; cpu < values.cpus().size(); ++cpu) {
        const auto number = values.cpus()[cpu];
        for (std::size_t at = 0; at < values.addresses().size(); ++at) {
            const auto& value = values.at(cpu, at);
            if (value) continue;
            auto& group = result[value.error().cause];
            if (group.cpus.empty()) group.example = value.error();
            if (group.cpus.empty() || group.cpus.back() != number) group.cpus.push_back(number);
            if (group.cpus.size() > 1) continue;
            ++group.registers;
            const auto address = values.addresses()[at];
            const auto candidates = catalogue::at_address(from.facts(), address);
            const auto* what = on_cpu(candidates, from.cpu(number));
            auto name = what != nullptr ? str(what->entry->name) : hex(address);
            if (what != nullptr) ++group.by_topic[what->entry->topic];
            if (std::ranges::find(group.names, name) == group.names.end()) group.names.push_back(std::move(name));
        }
    }
    return result;
}

// "Machine check 133, Power 20": the topics with the most of them.
std::string by_topic(const failures& group) {
    std::vector<std::pair<std::string_view, std::size_t>> topics(group.by_topic.begin(), group.by_topic.end());
    std::ranges::stable_sort(topics, std::ranges::greater{}, [](const auto& one) { return one.second; });
    std::string result;
    for (std::size_t at = 0; at < std::min(topics.size(), most_topics); ++at)
        result += fmt::format("{}{} {}", at == 0 ? "" : ", ", topics[at].first, topics[at].second);
    if (topics.size() > most_topics) result += fmt::format(" and {} topics more", topics.size() - most_topics);
    return result;
}

}  // namespace

section unread(const session& from, const host::readings& values) {
    section result{"unread", "Not read"};
    for (auto& [cause, group] : collect(from, values)) {
        const auto problem = from.machine().explain(group.example);
        row one{.label = std::string{cause_word(cause)},
                .text = fmt::format("{} of {} registers that such a CPU can have ({})", group.registers,
                                    values.addresses().size(), by_topic(group))};
        if (!problem.why.empty()) one.text += ": " + problem.why;
        if (!problem.remedy.empty()) one.text += "; " + problem.remedy;
        if (group.cpus.size() != values.cpus().size()) one.cpus = group.cpus;
        one.names = std::move(group.names);
        result.rows.push_back(std::move(one));
    }
    return result;
}

}  // namespace tool::report
