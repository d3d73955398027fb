#include "tools/msr/report/print.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "msr/host/cpu_list.hpp"
#include "tools/msr/report/cpu_values.hpp"

namespace tool::report {

namespace {

constexpr std::size_t columns = 120;
constexpr std::size_t text_column = 17;  // where a row's text begins
constexpr std::size_t longest_list = 24;
constexpr std::size_t most_names = 6;  // of a row; JSON has all
constexpr std::size_t most_rows = 16;  // of a section; JSON has all

// Columns that UTF-8 text takes: its bytes, but for those that continue a character.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

std::string cpu_words(const std::vector<std::uint32_t>& cpus) {
    const auto list = msr::host::format_cpu_list(cpus);
    if (list.size() <= longest_list) return (cpus.size() == 1 ? "CPU " : "CPUs ") + list;
    return fmt::format("{} CPUs from {}", cpus.size(), cpus.front());
}

// "IA32_STAR.SYSCALL_CS_SS=0x10 .SYSRET_CS_SS=0x23": the fields of one register share its name, and values that
// differ between CPUs share that of the field.
std::string evidence_words(const std::vector<evidence>& says) {
    std::string result;
    const evidence* last = nullptr;
    for (const auto& one : says) {
        const bool bit_of_cpuid = one.where.starts_with("CPUID.");
        const bool same_register = last != nullptr && last->where == one.where && !bit_of_cpuid;
        const bool same_field = same_register && last->field == one.field;
        if (same_field) {
            result += ", " + one.value;
        } else {
            result += last == nullptr ? "" : " ";
            if (!same_register) result += one.where;
            if (!one.field.empty()) result += (bit_of_cpuid ? " " : ".") + one.field;
            result += "=" + one.value;
        }
        if (!one.cpus.empty()) result += " on " + cpu_words(one.cpus);
        last = &one;
    }
    return result;
}

std::string row_words(const row& from) {
    std::string result;
    if (!from.cpus.empty()) result = cpu_words(from.cpus) + ": ";
    result += from.text;
    if (!from.names.empty() && from.names.size() <= most_names) result += ": " + joined(from.names);
    if (!from.says.empty()) result += " [" + evidence_words(from.says) + "]";
    if (!from.note.empty()) result += " - " + from.note;
    return result;
}

// Breaks between words only; a word that is wider than the screen stays whole.
void append_wrapped(std::string& out, std::string_view words, std::size_t indent) {
    std::size_t column = indent;
    bool first = true;
    while (!words.empty()) {
        const auto end = std::min(words.find(' '), words.size());
        const auto word = words.substr(0, end);
        const auto width = width_of(word);
        if (!first && column + 1 + width > columns) {
            out += '\n';
            out.append(indent, ' ');
            column = indent;
        } else if (!first) {
            out += ' ';
            ++column;
        }
        out += word;
        column += width;
        first = false;
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    out += '\n';
}

void append_row(std::string& out, const row& from, bool colour) {
    const auto* const mark = from.finding ? "! " : "  ";
    out += colour && from.finding ? fmt::format("\033[1;31m{}{:<14}\033[0m ", mark, from.label)
                                  : fmt::format("{}{:<14} ", mark, from.label);
    append_wrapped(out, row_words(from), text_column);
}

json row_json(const row& from, const document& all) {
    auto says = json::array();
    for (const auto& one : from.says) {
        says.push_back({{"register", one.where}, {"field", one.field}, {"value", one.value}});
        if (!one.cpus.empty()) says.back()["cpus"] = one.cpus;
    }
    json result{{"label", from.label}, {"text", from.text}, {"evidence", std::move(says)}};
    if (!from.note.empty()) result["note"] = from.note;
    if (!from.names.empty()) result["registers"] = from.names;
    result["finding"] = from.finding;
    result["cpus"] = from.cpus.empty() ? all.cpus : from.cpus;
    return result;
}

}  // namespace

std::string to_text(const document& from, bool colour) {
    std::string out;
    append_wrapped(out, from.first_line, 0);
    for (const auto& part : from.sections) {
        if (part.rows.empty()) continue;
        out += colour ? fmt::format("\033[1m{}\033[0m\n", part.title) : fmt::format("{}\n", part.title);
        const auto shown = std::min(part.rows.size(), most_rows);
        for (const auto& one : std::span{part.rows}.first(shown))
            append_row(out, one, colour);
        if (shown < part.rows.size())
            out += fmt::format("  and {} rows more: --json has all\n", part.rows.size() - shown);
    }
    return out;
}

json to_json(const document& from) {
    auto sections = json::object();
    for (const auto& part : from.sections) {
        auto rows = json::array();
        for (const auto& one : part.rows)
            rows.push_back(row_json(one, from));
        sections[std::string{part.key}] = {{"title", part.title}, {"rows", std::move(rows)}};
    }
    return {{"notice", from.first_line}, {"source", from.source}, {"virtual_cpu", from.virtual_cpu},
            {"recorded", from.recorded}, {"cpus", from.cpus},     {"sections", std::move(sections)}};
}

}  // namespace tool::report
