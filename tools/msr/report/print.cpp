#include "tools/msr/report/print.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "msr/host/cpu_list.hpp"

namespace tool::report {

namespace {

constexpr std::size_t columns = 120;
constexpr std::size_t indent = 17;  // where a row's text begins
constexpr std::size_t longest_list = 24;

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

// "IA32_STAR.SYSCALL_CS_SS=0x10 .SYSRET_CS_SS=0x23": the fields of one register share its name.
std::string evidence_words(const std::vector<evidence>& says) {
    std::string result;
    std::string_view last;
    for (const auto& one : says) {
        const bool bit_of_cpuid = one.where.starts_with("CPUID.");
        if (!result.empty()) result += ' ';
        if (one.where != last) result += one.where;
        if (!one.field.empty()) result += (bit_of_cpuid ? " " : ".") + one.field;
        result += '=' + one.value;
        last = bit_of_cpuid ? std::string_view{} : one.where;
    }
    return result;
}

std::string row_words(const row& from) {
    std::string result;
    if (!from.cpus.empty()) result = cpu_words(from.cpus) + ": ";
    result += from.text;
    if (!from.says.empty()) result += " [" + evidence_words(from.says) + "]";
    if (!from.note.empty()) result += " - " + from.note;
    return result;
}

// Breaks between words only; a word that is wider than the screen stays whole.
void append_wrapped(std::string& out, std::string_view words) {
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
    append_wrapped(out, row_words(from));
}

json row_json(const row& from, const document& all) {
    auto says = json::array();
    for (const auto& one : from.says)
        says.push_back({{"register", one.where}, {"field", one.field}, {"value", one.value}});
    json result{{"label", from.label}, {"text", from.text}, {"evidence", std::move(says)}};
    if (!from.note.empty()) result["note"] = from.note;
    result["finding"] = from.finding;
    result["cpus"] = from.cpus.empty() ? all.cpus : from.cpus;
    return result;
}

}  // namespace

std::string to_text(const document& from, bool colour) {
    std::string out = from.first_line + "\n";
    for (const auto& part : from.sections) {
        if (part.rows.empty()) continue;
        out += colour ? fmt::format("\033[1m{}\033[0m\n", part.title) : fmt::format("{}\n", part.title);
        for (const auto& one : part.rows)
            append_row(out, one, colour);
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
    return {{"notice", from.first_line},       {"source", from.source}, {"virtual_cpu", from.virtual_cpu},
            {"recorded", from.recorded},       {"cpus", from.cpus},     {"sections", std::move(sections)}};
}

}  // namespace tool::report
