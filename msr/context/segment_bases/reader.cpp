#include "msr/context/segment_bases/reader.hpp"

#include <array>

#include <fmt/format.h>

#include "msr/context/segment_bases/library.hpp"
#include "msr/context/segment_bases/reading.hpp"

namespace msr::context {

namespace {

constexpr int most_lines = 1000;
constexpr std::size_t most_instructions = 1000;

}  // namespace

reading::reading(std::string_view name, delivery mode, const cpu_facts& facts) : mode_{mode}, facts_{facts} {
    into_.name = name;
    // Any canonical addresses of the kernel's half would do.
    into_.kernel_base = into_.values.add(0xFFFF'8880'0010'0000);
    into_.other_cpus_base = into_.values.add(0xFFFF'8880'0020'0000);
    into_.cpu_number = into_.values.add(1);
    into_.tsc_aux = into_.cpu_number;
    names_ = {{"kernel_base", into_.kernel_base},
              {"other_cpus_base", into_.other_cpus_base},
              {"cpu_number", into_.cpu_number}};
    into_.handlers.fill(no_instruction);
    constexpr std::array<std::string_view, event_kinds> usual{"plain",    "paranoid", "paranoid",
                                                              "paranoid", "error",    "system_call"};
    for (std::size_t kind = 0; kind < event_kinds; ++kind)
        references_.push_back({std::string{usual[kind]}, 0, 0, 0, reference::use::handler, kind});
    references_.push_back({"user_code", 0, 0, 0, reference::use::user});
}

bool reading::fail(const source_word& at, std::string message) {
    if (!wrong_) wrong_ = mistake{line_, at.column, std::move(message)};
    return false;
}

bool reading::fail_at_end(words all, std::string message) {
    const auto& last = all.back();
    return fail({last.text, last.column + static_cast<int>(last.text.size())}, std::move(message));
}

bool reading::lines(std::string_view text, bool of_file) {
    line_ = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto line = text.substr(at, end - at);
        at = end + 1;
        if (++line_ > most_lines) return fail({line, 1}, fmt::format("a sequence has at most {} lines", most_lines));
        for (std::size_t column = 0; column < line.size(); ++column) {
            const auto letter = static_cast<unsigned char>(line[column]);
            if (letter < 0x20 && letter != '\t' && letter != '\r')
                return fail({line, static_cast<int>(column) + 1}, "this is not text");
        }
        const auto all = words_of(line);
        if (!all.empty() && !one_line(line, all, of_file)) return false;
    }
    return true;
}

bool reading::one_line(std::string_view text, words all, bool of_file) {
    const auto& first = all.front();
    if (first.text.ends_with(':') && all.size() == 1) return label(first);
    bool known = false;
    if (of_file && !statement(text, all, known)) return false;
    return known || code(text, all, of_file);
}

bool reading::label(const source_word& word) {
    const std::string name{word.text.substr(0, word.text.size() - 1)};
    if (name.empty()) return fail(word, "a label needs a name");
    // A sequence may have a routine of its own under the name of one that every kernel has: the file is read first.
    const auto here = static_cast<std::uint16_t>(into_.code.size());
    if (!labels_.emplace(name, here).second && in_file_) return fail(word, fmt::format("there are two `{}`", name));
    return true;
}

std::optional<std::uint16_t> reading::find_label(const std::string& name) const {
    const std::string way = mode_ == delivery::fred ? "_fred" : "_idt";
    const std::string means = facts_.fsgsbase ? "_fsgsbase" : "_msr";
    for (const auto& one : {name, name + way, name + way + means}) {
        if (const auto found = labels_.find(one); found != labels_.end() && found->second < into_.code.size())
            return found->second;
    }
    return std::nullopt;
}

void reading::refer(const source_word& word, reference::use as, std::size_t handler) {
    references_.push_back({std::string{word.text}, line_, word.column, into_.code.size(), as, handler});
}

bool reading::resolve(const reference& one) {
    const auto found = find_label(one.label);
    if (!found && one.label != "none") {
        line_ = one.line;
        return fail({one.label, one.column}, fmt::format("there is no `{}` with code behind it", one.label));
    }
    const auto where = found.value_or(no_instruction);
    switch (one.as) {
        case reference::use::target: into_.code[one.instruction].target = where; break;
        case reference::use::other: into_.code[one.instruction].other = where; break;
        case reference::use::handler: into_.handlers[one.handler] = where; break;
        case reference::use::start: into_.start = where; break;
        case reference::use::user: into_.user = where; break;
    }
    const bool may_be_none = one.as == reference::use::handler;
    if (found || may_be_none) return true;
    line_ = one.line;
    return fail({one.label, one.column}, "only a handler can be none");
}

bool reading::finish() {
    line_ = 1;
    const source_word whole{"", 1};
    if (into_.title.empty()) return fail(whole, "a sequence needs a title");
    if (!expected_) return fail(whole, "a sequence needs an expect: safe, or refuted and what is wrong");
    if (!into_.in_idt && !into_.in_fred) return fail(whole, "a sequence needs modes: idt, fred or both");
    if (!started_) return fail(whole, "a sequence needs a start");
    for (const auto& one : references_) {
        if (!resolve(one)) return false;
    }
    into_.labels.resize(into_.code.size());
    for (const auto& [name, at] : labels_) {
        if (at < into_.code.size()) into_.labels[at] = name;
    }
    return true;
}

std::expected<program, mistake> reading::read(std::string_view text, std::string_view routines) {
    bool good = lines(text, true);
    // What does not end would run into the next routine.
    if (good && !into_.code.empty()) {
        switch (into_.code.back().what) {
            case operation::jmp:
            case operation::iret:
            case operation::sysret:
            case operation::erets:
            case operation::eretu:
            case operation::halt:
            case operation::oops:
            case operation::vmenter:
            case operation::vmexit: break;
            default: good = fail({"", 1}, "the code ends without a jump, a return or a halt"); break;
        }
    }
    for (const auto& [name, at] : labels_) {
        if (good && at == into_.code.size()) good = fail({"", 1}, fmt::format("there is no code behind `{}`", name));
    }
    if (good && into_.code.size() > most_instructions)
        good = fail({"", 1}, fmt::format("a sequence has at most {} instructions", most_instructions));
    if (good) {
        in_file_ = false;
        good = lines(routines, false);
    }
    if (!good || !finish()) return std::unexpected{*wrong_};
    return std::move(into_);
}

std::expected<program, mistake> read(std::string_view name, std::string_view text, delivery mode,
                                     const cpu_facts& facts) {
    return reading{name, mode, facts}.read(text, routines());
}

std::expected<program, mistake> read(std::string_view name, std::string_view text, delivery mode) {
    const auto first = read(name, text, mode, cpu_facts{});
    if (!first) return first;
    return read(name, text, mode, first->needs);
}

}  // namespace msr::context
