#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "msr/context/segment_bases/reading.hpp"

namespace msr::context {

namespace {

std::optional<event> event_of(std::string_view word) {
    for (std::size_t kind = 0; kind < event_kinds; ++kind) {
        if (to_string(static_cast<event>(kind)) == word) return static_cast<event>(kind);
    }
    return std::nullopt;
}

// What stands behind the first word.
std::string rest(std::string_view text, const source_word& first) {
    text.remove_prefix(std::min(text.size(), static_cast<std::size_t>(first.column) - 1 + first.text.size()));
    const auto begin = text.find_first_not_of(" \t\r");
    const auto last = text.find_last_not_of(" \t\r");
    return begin == std::string_view::npos ? std::string{} : std::string{text.substr(begin, last - begin + 1)};
}

}  // namespace

bool reading::statement(std::string_view text, words all, bool& known) {
    known = true;
    if (!text_statement(text, all, known)) return false;
    if (known) return true;
    known = true;
    if (!value_statement(all, known)) return false;
    if (known) return true;
    known = true;
    return kernel_statement(all, known);
}

bool reading::text_statement(std::string_view text, words all, bool& known) {
    const auto word = all.front().text;
    if (word == "title" || word == "source") {
        const auto told = rest(text, all.front());
        if (told.empty()) return fail_at_end(all, fmt::format("a {} is expected here", word));
        if (word == "title") into_.title = told;
        if (word == "source") into_.sources.push_back(told);
        return true;
    }
    if (word == "expect") return expectation(all);
    if (word == "modes") return modes(all);
    if (word == "cpu") return features(all);
    known = false;
    return true;
}

bool reading::value_statement(words all, bool& known) {
    const auto word = all.front().text;
    if (word == "value") return named_value(all);
    if (word == "descriptor") return one_descriptor(all);
    if (word == "variable" || word == "percpu_variable") return variable(all, word == "percpu_variable");
    if (word == "task") return one_task(all);
    if (word == "guest") return guest(all);
    if (word == "vmcs") return vmcs(all);
    if (word == "tsc_aux") {
        if (all.size() != 2) return fail_at_end(all, "one value is expected here");
        return value_of(all[1], into_.tsc_aux);
    }
    known = false;
    return true;
}

bool reading::kernel_statement(words all, bool& known) {
    const auto word = all.front().text;
    if (word == "events") return events(all);
    if (word == "handler") return handler(all);
    if (word == "depth") return depth(all);
    if (word == "refused") return refused(all);
    if (word == "start") return start(all);
    if (word == "rsp0_copy") return rsp0_copy(all);
    if (word == "user") {
        if (all.size() != 2) return fail_at_end(all, "one label is expected here");
        refer(all[1], reference::use::user);
        return true;
    }
    known = false;
    return true;
}

bool reading::expectation(words all) {
    expected_ = true;
    if (all.size() == 2 && all[1].text == "safe") return true;
    if (all.size() < 2 || all[1].text != "refuted")
        return all.size() < 2 ? fail_at_end(all, "safe or refuted is expected here")
                              : fail(all[1], fmt::format("`{}` is neither safe nor refuted", all[1].text));
    if (all.size() != 3) return fail_at_end(all, "what is wrong is expected here, in one word");
    for (auto one = 1U; one <= static_cast<unsigned>(violation::unhandled); ++one) {
        if (to_string(static_cast<violation>(one)) != all[2].text) continue;
        into_.expected = static_cast<violation>(one);
        return true;
    }
    return fail(all[2], fmt::format("nothing that can be wrong is called `{}`", all[2].text));
}

bool reading::modes(words all) {
    for (const auto& one : all.subspan(1)) {
        if (one.text != "idt" && one.text != "fred")
            return fail(one, fmt::format("`{}` is neither idt nor fred", one.text));
        (one.text == "idt" ? into_.in_idt : into_.in_fred) = true;
    }
    return true;
}

bool reading::features(words all) {
    auto& has = into_.needs;
    for (const auto& one : all.subspan(1)) {
        if (one.text == "fsgsbase")
            has.fsgsbase = true;
        else if (one.text == "fred")
            has.fred = has.lkgs = true;
        else if (one.text == "lkgs")
            has.lkgs = true;
        else if (one.text == "wrmsrns")
            has.wrmsrns = true;
        else if (one.text == "msr_imm")
            has.msr_imm = true;
        else if (one.text == "msrlist")
            has.msrlist = true;
        else if (one.text == "rdpid")
            has.rdpid = true;
        else if (one.text == "null_keeps_base")
            has.null_clears_base = false;
        else
            return fail(one, fmt::format("no feature is called `{}`", one.text));
    }
    return true;
}

bool reading::events(words all) {
    for (const auto& word : all.subspan(1)) {
        const auto kind = event_of(word.text);
        if (!kind || *kind > event::debug)
            return fail(word, fmt::format("`{}` does not come by itself: irq, nmi, mc and db do", word.text));
        into_.arrive[static_cast<std::size_t>(*kind)] = true;
    }
    return true;
}

bool reading::handler(words all) {
    if (all.size() != 3) return fail_at_end(all, "`handler EVENT LABEL` is expected here");
    const auto kind = event_of(all[1].text);
    if (!kind)
        return fail(all[1],
                    fmt::format("no event is called `{}`: irq, nmi, mc, db, fault and syscall are", all[1].text));
    refer(all[2], reference::use::handler, static_cast<std::size_t>(*kind));
    return true;
}

bool reading::depth(words all) {
    const auto number = all.size() == 2 ? number_of(all[1].text) : std::nullopt;
    if (!number || *number > 8) return fail_at_end(all, "a number from 0 to 8 is expected here");
    into_.depth = static_cast<unsigned>(*number);
    return true;
}

bool reading::refused(words all) {
    for (const auto& word : all.subspan(1)) {
        if (word.text == "iret")
            into_.iret_refused = true;
        else if (word.text == "sysret")
            into_.sysret_refused = true;
        else if (word.text == "eretu")
            into_.eretu_refused = true;
        else
            return fail(word, fmt::format("`{}` does not return to user mode: iret, sysret and eretu do", word.text));
    }
    return true;
}

bool reading::start(words all) {
    if (all.size() < 3) return fail_at_end(all, "`start LABEL user` or `start LABEL kernel` is expected here");
    if (started_) return fail(all.front(), "there are two starts");
    started_ = true;
    refer(all[1], reference::use::start);
    if (all[2].text != "user" && all[2].text != "kernel")
        return fail(all[2], fmt::format("`{}` is neither user nor kernel", all[2].text));
    into_.start_in_user = all[2].text == "user";
    for (const auto& word : all.subspan(3)) {
        if (word.text == "interrupts_off")
            into_.start_interrupts = false;
        else if (word.text == "A")
            into_.start_task = 0;
        else if (word.text == "B")
            into_.start_task = 1;
        else
            return fail(word,
                        fmt::format("a start is with a task, A or B, and may be interrupts_off, not `{}`", word.text));
    }
    return true;
}

bool reading::rsp0_copy(words all) {
    if (all.size() < 2 || all.size() > 3) return fail_at_end(all, "a variable is expected here");
    into_.rsp0_copy = variable_place(all[1].text);
    if (!into_.rsp0_copy) return fail(all[1], fmt::format("there is no variable `{}`", all[1].text));
    if (all.size() == 2) return true;
    if (all[2].text != "at_return") return fail(all[2], fmt::format("`{}` is not at_return", all[2].text));
    into_.rsp0_checked = rsp0_rule::at_return;
    return true;
}

}  // namespace msr::context
