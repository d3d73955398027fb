#include "lab/oracle/cases.hpp"

#include <charconv>
#include <fstream>
#include <iostream>
#include <iterator>
#include <ranges>

#include <fmt/format.h>

namespace msr::oracle {
namespace {

template <class Number>
bool parse(std::string_view word, Number& number) {
    const auto [end, failure] = std::from_chars(word.begin(), word.end(), number, 16);
    return failure == std::errc{} && end == word.end();
}

bool parse_case(std::string_view line, test_case& one) {
    const auto parts = words(line);
    if (parts.size() != 3) return false;
    one.by_host = parts[0].starts_with("host");
    one.keeps = parts[0].ends_with("-keep");
    const auto kind = fmt::format("{}{}", one.by_host ? "host" : "guest", one.keeps ? "-keep" : "");
    return parts[0] == kind && parse_number(parts[1], one.address) && parse_number(parts[2], one.value);
}

// Collects what `parse_one` makes of each line that `wanted` picks; an error names the first that it cannot.
template <class Item, class Wanted, class Parse>
host::outcome<std::vector<Item>> parse_lines(std::string_view text, const char* form, Wanted wanted, Parse parse_one) {
    std::vector<Item> items;
    for (std::size_t number = 1; const auto part : std::views::split(text, '\n')) {
        const std::string_view line{part.begin(), part.end()};
        Item item;
        if (wanted(line)) {
            if (!parse_one(line, item)) {
                return std::unexpected{host::error{host::error_kind::bad_input,
                                                   fmt::format("cannot read line {}, '{}'", number, line),
                                                   std::string{"it is not of the form "} + form,
                                                   {}}};
            }
            items.push_back(item);
        }
        ++number;
    }
    return items;
}

std::string value_or_fault(step read, std::uint64_t value) {
    return read == step::done ? fmt::format("{:x}", value) : "fault";
}

const char* word(step written) {
    switch (written) {
        case step::done: return "ok";
        case step::refused: return "fault";
        default: return "-";
    }
}

}  // namespace

host::outcome<std::string> read_text(const std::string& path) {
    std::ifstream file;
    if (path != "-") file.open(path);
    auto& stream = path == "-" ? std::cin : file;
    std::string text{std::istreambuf_iterator<char>{stream}, {}};
    if (path != "-" && !file.is_open()) {
        return std::unexpected{
            host::error{host::error_kind::bad_input, "cannot read " + path, "no such file, or no permission", {}}};
    }
    return text;
}

std::vector<std::string_view> words(std::string_view line) {
    std::vector<std::string_view> found;
    for (const auto part : std::views::split(line, ' ')) {
        if (!part.empty()) found.emplace_back(part.begin(), part.end());
    }
    return found;
}

bool parse_number(std::string_view word, std::uint64_t& number) {
    return parse(word, number);
}

bool parse_number(std::string_view word, std::uint32_t& number) {
    return parse(word, number);
}

bool parse_leaf(std::string_view line, profile::cpuid_leaf& leaf) {
    const auto parts = words(line);
    auto& [eax, ebx, ecx, edx] = leaf.answer;
    return parts.size() == 7 && parts[0] == "cpuid" && parse_number(parts[1], leaf.leaf) &&
           parse_number(parts[2], leaf.subleaf) && parse_number(parts[3], eax) && parse_number(parts[4], ebx) &&
           parse_number(parts[5], ecx) && parse_number(parts[6], edx);
}

host::outcome<std::vector<test_case>> parse_cases(std::string_view text) {
    const auto wanted = [](std::string_view line) { return !words(line).empty() && !words(line)[0].starts_with('#'); };
    return parse_lines<test_case>(text, "'guest|guest-keep|host|host-keep ADDRESS VALUE', in hexadecimal without 0x",
                                  wanted, parse_case);
}

host::outcome<std::vector<profile::cpuid_leaf>> parse_leaves(std::string_view text) {
    const auto wanted = [](std::string_view line) { return line.starts_with("cpuid"); };
    return parse_lines<profile::cpuid_leaf>(text, "'cpuid LEAF SUBLEAF EAX EBX ECX EDX', in hexadecimal without 0x",
                                            wanted, parse_leaf);
}

host::outcome<std::vector<test_case>> read_cases(const std::string& path) {
    const auto text = read_text(path);
    if (!text) return std::unexpected{text.error()};
    return parse_cases(*text);
}

host::outcome<std::vector<profile::cpuid_leaf>> read_leaves(const std::string& path) {
    const auto text = read_text(path);
    if (!text) return std::unexpected{text.error()};
    return parse_leaves(*text);
}

exchange untried(const test_case& one) {
    return {.address = one.address, .restore = one.keeps ? step::left_out : step::pending, .value = one.value};
}

std::string to_line(const test_case& one) {
    return fmt::format("{}{} {:x} {:x}", one.by_host ? "host" : "guest", one.keeps ? "-keep" : "", one.address,
                       one.value);
}

std::string to_line(const test_case& one, const exchange& answer) {
    return fmt::format("{} {} {} {} {}", to_line(one), value_or_fault(answer.first_read, answer.old_value),
                       word(answer.write), value_or_fault(answer.second_read, answer.new_value), word(answer.restore));
}

std::string to_line(const profile::cpuid_leaf& leaf) {
    const auto& [eax, ebx, ecx, edx] = leaf.answer;
    return fmt::format("cpuid {:x} {:x} {:x} {:x} {:x} {:x}", leaf.leaf, leaf.subleaf, eax, ebx, ecx, edx);
}

std::string describe(const unexpected_event& event) {
    if (event.vector == unexpected_event::restart) return "the CPU was reset";
    return fmt::format("exception {}, error code {:x}, at {:x}", event.vector, event.error_code,
                       event.instruction_pointer);
}

}  // namespace msr::oracle
