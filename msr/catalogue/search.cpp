#include <algorithm>

#include "msr/catalogue/letters.hpp"
#include "msr/catalogue/lookup.hpp"

namespace msr::catalogue {

namespace {

std::string lower_all(std::string_view text) {
    std::string result{text};
    std::ranges::transform(result, result.begin(), [](char letter) { return lower(letter); });
    return result;
}

// `word`, here and below, is in lower case.
bool equals(std::string_view text, std::string_view word) {
    return std::ranges::equal(text, word, {}, [](char letter) { return lower(letter); });
}

bool contains(std::string_view text, std::string_view word) {
    for (std::size_t at = 0; at + word.size() <= text.size(); ++at) {
        if (equals(text.substr(at, word.size()), word)) return true;
    }
    return false;
}

enum rank : int { exact_name, name_part, alias_part, title_part, text_part, no_match };

rank rank_of(std::string_view name, view<text> aliases, std::string_view title, std::string_view description,
             std::string_view word) {
    if (equals(name, word)) return exact_name;
    if (contains(name, word)) return name_part;
    for (const auto& alias : aliases) {
        if (contains(alias, word)) return alias_part;
    }
    if (contains(title, word)) return title_part;
    return contains(description, word) ? text_part : no_match;
}

// In a field, its values' names count like its text.
rank rank_of(const field_entry& field, std::string_view word) {
    const auto result = rank_of(field.name, {}, field.title, field.description, word);
    if (result != no_match || field.values == nullptr) return result;
    const auto mentions = [&](const enumerator& one) { return contains(one.title, word); };
    return std::ranges::any_of(field.values->values, mentions) ? text_part : no_match;
}

}  // namespace

std::vector<found> search(const tables& facts, std::string_view wanted) {
    std::vector<found> result;
    const auto word = lower_all(wanted);
    const auto address = parse_address(word);
    if (address) {
        for (const auto& one : at_address(facts, *address))
            result.push_back({one, exact_name});
    }
    for (const auto& entry : facts.registers) {
        const auto whole = rank_of(entry.name, entry.aliases, entry.title, entry.description, word);
        if (whole != no_match) result.push_back({{&entry}, whole});
        std::string_view previous;
        for (const auto& field : entry.fields) {
            if (is_reserved(field) || field.name == previous) continue;
            previous = field.name;
            const auto part = rank_of(field, word);
            if (part != no_match) result.push_back({{&entry, 0, &field}, part});
        }
    }
    std::ranges::stable_sort(result, {}, &found::rank);
    return result;
}

}  // namespace msr::catalogue
