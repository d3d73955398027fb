#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "msr/context/segment_bases/operations.hpp"
#include "msr/context/segment_bases/reading.hpp"
#include "msr/registers/ia32_fred_rsp0.hpp"
#include "msr/registers/ia32_fs_base.hpp"
#include "msr/registers/ia32_gs_base.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"
#include "msr/registers/ia32_tsc_aux.hpp"

namespace msr::context {

namespace {

constexpr std::array<std::string_view, general_registers> wide_names{"rax", "rbx", "rcx", "rdx"};
constexpr std::array<std::string_view, general_registers> narrow_names{"eax", "ebx", "ecx", "edx"};

constexpr std::array<std::string_view, 5> register_names{
    ia32_fs_base::name, ia32_gs_base::name, ia32_kernel_gs_base::name, ia32_fred_rsp0::name, ia32_tsc_aux::name};

template <std::size_t N>
std::optional<std::uint8_t> position(const std::array<std::string_view, N>& of, std::string_view word) {
    const auto found = std::ranges::find(of, word);
    if (found == of.end()) return std::nullopt;
    return static_cast<std::uint8_t>(found - of.begin());
}

// The words that an instruction was written with, without what is around them.
std::string trimmed(std::string_view text) {
    text = text.substr(0, text.find('#'));
    const auto first = text.find_first_not_of(" \t\r");
    const auto last = text.find_last_not_of(" \t\r");
    return first == std::string_view::npos ? std::string{} : std::string{text.substr(first, last - first + 1)};
}

}  // namespace

bool reading::code(std::string_view text, words all, bool of_file) {
    instruction one{.line = static_cast<std::uint16_t>(of_file ? line_ : 0)};
    const auto& word = all.front();
    if (word.text == "mov") {
        if (!move(all, one)) return false;
    } else if (word.text == "pop" && all.size() == 3 && (all[1].text == "gs" || all[1].text == "fs")) {
        one.what = all[1].text == "gs" ? operation::mov_gs : operation::mov_fs;
        if (!source_operand(all[2], false, one)) return false;
    } else {
        const auto* const found = find_operation(word.text);
        if (found == nullptr)
            return fail(word, fmt::format("there is no instruction and no statement `{}`", word.text));
        one.what = found->what;
        // WRMSRLIST writes one register after the other, and events can come between (SDM 2 WRMSRLIST).
        auto given = all.subspan(1);
        while (found->what == operation::wrmsrlist && given.size() > found->operands.size()) {
            auto part = one;
            if (!operands(found->operands, given.first(found->operands.size()), part)) return false;
            into_.code.push_back(part);
            into_.lines.push_back(trimmed(text));
            given = given.subspan(found->operands.size());
        }
        if (given.size() > found->operands.size())
            return fail(given[found->operands.size()], fmt::format("`{}` takes no more", word.text));
        if (given.size() < found->operands.size())
            return fail_at_end(all, fmt::format("`{}` has too few operands", word.text));
        if (!operands(found->operands, given, one)) return false;
    }
    into_.code.push_back(one);
    into_.lines.push_back(trimmed(text));
    return true;
}

bool reading::operands(std::string_view letters, words given, instruction& one) {
    for (std::size_t at = 0; at < letters.size(); ++at) {
        if (!operand(letters[at], given[at], one)) return false;
    }
    return true;
}

bool reading::operand(char letter, const source_word& word, instruction& one) {
    switch (letter) {
        case 'p':
        case 'P': return place_operand(word, letter == 'P', one, one.to);
        case 'd': return place_operand(word, false, one, one.from);
        case 's':
        case 'S': return source_operand(word, letter == 'S', one);
        case 'm': return register_operand(word, one);
        case 'l': refer(word, reference::use::target); return true;
        case 'o': refer(word, reference::use::other); return true;
        case 't':
            if (word.text != "A" && word.text != "B") return fail(word, "the tasks are A and B");
            one.to = word.text == "B" ? 1 : 0;
            return true;
        default: {
            constexpr std::array<std::string_view, 4> kinds{"fs", "fs_base", "gs", "gs_base"};
            const auto found = position(kinds, word.text);
            if (!found)
                return fail(word, fmt::format("`{}` is not promised: fs, fs_base, gs and gs_base are", word.text));
            one.to = *found;
            return true;
        }
    }
}

bool reading::place_operand(const source_word& word, bool narrow_too, instruction& one, std::uint8_t& into) {
    if (const auto found = position(wide_names, word.text)) {
        into = *found;
    } else if (const auto narrow = position(narrow_names, word.text); narrow && narrow_too) {
        into = *narrow;
        one.wide = false;
    } else if (const auto variable = variable_place(word.text)) {
        into = *variable;
    } else {
        return fail(word, fmt::format("`{}` is no register (rax, rbx, rcx, rdx) and no variable", word.text));
    }
    return true;
}

bool reading::source_operand(const source_word& word, bool narrow_too, instruction& one) {
    const bool narrow = narrow_too && position(narrow_names, word.text);
    if (narrow || position(wide_names, word.text) || variable_place(word.text))
        return place_operand(word, narrow_too, one, one.from);
    value constant = zero;
    if (!value_of(word, constant)) return false;
    one.constant = true;
    one.from = static_cast<std::uint8_t>(constant);
    return true;
}

bool reading::register_operand(const source_word& word, instruction& one) {
    const auto found = position(register_names, word.text);
    if (!found) {
        std::string known;
        for (const auto name : register_names)
            known += fmt::format("{}{}", known.empty() ? "" : ", ", name);
        return fail(word, fmt::format("`{}` is no register that can stand here: {}", word.text, known));
    }
    one.to = *found;
    return true;
}

bool reading::move(words all, instruction& one) {
    if (all.size() == 2 && all[1].text == "ss") {
        one.what = operation::mov_ss;
        return true;
    }
    if (all.size() < 3) return fail_at_end(all, "`mov` has too few operands");
    if (all.size() > 3) return fail(all[3], "`mov` takes no more");
    const auto to = all[1].text;
    const auto from = all[2].text;
    if (to == "gs" || to == "fs") {
        one.what = to == "gs" ? operation::mov_gs : operation::mov_fs;
        return source_operand(all[2], false, one);
    }
    if (!place_operand(all[1], false, one, one.to)) return false;
    if (from == "gs" || from == "fs") {
        one.what = from == "gs" ? operation::mov_from_gs : operation::mov_from_fs;
        return true;
    }
    one.what = operation::mov;
    return source_operand(all[2], false, one);
}

}  // namespace msr::context
