#include <algorithm>

#include <fmt/format.h>

#include "msr/context/segment_bases/reading.hpp"

namespace msr::context {

namespace {

// A third of what a list of values holds; see value_list::most.
constexpr std::size_t most_values = 80;

}  // namespace

bool reading::value_of(const source_word& word, value& into) {
    if (const auto named = names_.find(word.text); named != names_.end()) {
        into = named->second;
        return true;
    }
    const auto number = number_of(word.text);
    if (!number) return fail(word, fmt::format("`{}` is no number and no name of a value", word.text));
    if (into_.values.size() >= most_values)
        return fail(word, fmt::format("a sequence has at most {} values", most_values));
    into = into_.values.add(*number);
    return true;
}

std::optional<std::uint8_t> reading::variable_place(std::string_view word) const {
    const auto found = std::ranges::find(into_.variables, word);
    if (found == into_.variables.end()) return std::nullopt;
    return static_cast<std::uint8_t>(general_registers + static_cast<std::size_t>(found - into_.variables.begin()));
}

template <class Take>
bool reading::pairs(words given, Take take) {
    for (std::size_t at = 0; at < given.size(); at += 3) {
        if (given.size() - at < 3 || given[at + 1].text != "=") return fail(given[at], "NAME=VALUE is expected here");
        bool known = true;
        if (!take(given[at].text, given[at + 2], known)) return false;
        if (!known) return fail(given[at], fmt::format("there is no `{}` here", given[at].text));
    }
    return true;
}

bool reading::named_value(words all) {
    if (all.size() != 4 || all[2].text != "=") return fail(all.front(), "`value NAME = NUMBER` is expected here");
    value number = zero;
    if (!value_of(all[3], number)) return false;
    if (!names_.emplace(all[1].text, number).second)
        return fail(all[1], fmt::format("there are two values `{}`", all[1].text));
    return true;
}

bool reading::one_descriptor(words all) {
    descriptor one;
    if (all.size() < 4 || all[2].text != "base")
        return fail(all.front(), "`descriptor SELECTOR base VALUE` is expected here");
    if (!value_of(all[1], one.selector) || !value_of(all[3], one.base)) return false;
    if (into_.values[one.base] >> 32U != 0) return fail(all[3], "a descriptor's base has 32 bits");
    for (const auto& word : all.subspan(4)) {
        if (word.text == "absent")
            one.is = descriptor::condition::absent;
        else if (word.text == "invalid")
            one.is = descriptor::condition::invalid;
        else if (word.text == "unmapped")
            one.is = descriptor::condition::unmapped;
        else if (word.text == "unsteady")
            one.unsteady = true;
        else
            return fail(word,
                        fmt::format("a descriptor is absent, invalid, unmapped or unsteady, not `{}`", word.text));
    }
    into_.descriptors.push_back(one);
    return true;
}

bool reading::variable(words all, bool percpu) {
    if (all.size() != 4 || all[2].text != "=")
        return fail(all.front(), fmt::format("`{} NAME = VALUE` is expected here", all.front().text));
    if (variable_place(all[1].text)) return fail(all[1], fmt::format("there are two variables `{}`", all[1].text));
    if (into_.variables.size() == most_variables)
        return fail(all[1], fmt::format("a sequence has at most {} variables", most_variables));
    const auto number = into_.variables.size();
    if (!value_of(all[3], into_.at_start[number])) return false;
    into_.variables.emplace_back(all[1].text);
    if (percpu) into_.percpu_variables = static_cast<std::uint16_t>(into_.percpu_variables | 1U << number);
    return true;
}

bool reading::one_task(words all) {
    if (all.size() < 2) return fail_at_end(all, "A or B is expected here");
    if (all[1].text != "A" && all[1].text != "B") return fail(all[1], "the tasks are A and B");
    auto& one = into_.tasks[all[1].text == "B" ? 1 : 0];
    const auto good = pairs(all.subspan(2), [&](std::string_view name, const source_word& word, bool& known) {
        if (name == "gs") return value_of(word, one.has.gs.selector);
        if (name == "gs_base") return value_of(word, one.has.gs.base);
        if (name == "fs") return value_of(word, one.has.fs.selector);
        if (name == "fs_base") return value_of(word, one.has.fs.base);
        if (name == "rsp0") return value_of(word, one.rsp0);
        known = false;
        return true;
    });
    const std::string letter{all[1].text};
    names_[letter + ".gs"] = one.has.gs.selector;
    names_[letter + ".gs_base"] = one.has.gs.base;
    names_[letter + ".fs"] = one.has.fs.selector;
    names_[letter + ".fs_base"] = one.has.fs.base;
    names_[letter + ".rsp0"] = one.rsp0;
    return good;
}

bool reading::guest(words all) {
    return pairs(all.subspan(1), [&](std::string_view name, const source_word& word, bool& known) {
        if (name == "gs_base") return value_of(word, into_.guest.gs_base);
        if (name == "kernel_gs_base") return value_of(word, into_.guest.kernel_gs_base);
        known = false;
        return true;
    });
}

bool reading::vmcs(words all) {
    return pairs(all.subspan(1), [&](std::string_view name, const source_word& word, bool& known) {
        const auto place = variable_place(word.text);
        if (!place) return fail(word, fmt::format("there is no variable `{}`", word.text));
        if (name == "guest_gs")
            into_.guest_gs = place;
        else if (name == "guest_fs")
            into_.guest_fs = place;
        else if (name == "host_gs")
            into_.host_gs = place;
        else if (name == "host_fs")
            into_.host_fs = place;
        else
            known = false;
        return true;
    });
}

}  // namespace msr::context
