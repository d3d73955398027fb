#include "msr/catalogue/lookup.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <numeric>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "msr/catalogue/letters.hpp"

namespace msr::catalogue {

namespace {

bool same(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, {}, lower, lower);
}

bool all_digits(std::string_view word) {
    return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<std::uint32_t> to_number(std::string_view digits, int base = 10) {
    std::uint32_t value = 0;
    const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (digits.empty() || status != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

// 0x1B, or 1BH as the manuals write it; no register's name starts with a digit.
bool looks_like_address(std::string_view word) {
    if (word.size() < 2) return false;
    if (word[0] == '0' && lower(word[1]) == 'x') return true;
    return std::isdigit(static_cast<unsigned char>(word.front())) != 0 && lower(word.back()) == 'h';
}

std::optional<std::uint32_t> number_of_member(const register_entry& entry, std::string_view digits) {
    if (!all_digits(digits) || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
    const auto number = to_number(digits);
    if (!number || *number < entry.first || *number - entry.first >= entry.members) return std::nullopt;
    return *number - entry.first;
}

// NAME3 or PRE3POST, from the family's pattern.
std::optional<std::uint32_t> member_number(const register_entry& entry, std::string_view name) {
    const std::string_view pattern = entry.member;
    const auto gap = pattern.find("{}");
    if (gap == std::string_view::npos) return std::nullopt;
    const auto before = pattern.substr(0, gap);
    const auto after = pattern.substr(gap + 2);
    if (name.size() <= before.size() + after.size()) return std::nullopt;
    if (!same(name.substr(0, before.size()), before) || !same(name.substr(name.size() - after.size()), after)) {
        return std::nullopt;
    }
    return number_of_member(entry, name.substr(before.size(), name.size() - before.size() - after.size()));
}

// NAME_3 and ALIAS3: how others number members whose own names are of another form.
std::optional<std::uint32_t> member_number_behind(const register_entry& entry, std::string_view name) {
    const auto behind = [&](std::string_view before) -> std::optional<std::uint32_t> {
        if (!same(name.substr(0, before.size()), before)) return std::nullopt;
        auto digits = name.substr(before.size());
        if (digits.starts_with('_')) digits.remove_prefix(1);
        return number_of_member(entry, digits);
    };
    if (const auto member = behind(entry.name)) return member;
    for (const auto alias : entry.aliases) {
        if (const auto member = behind(alias)) return member;
    }
    return std::nullopt;
}

bool called(const register_entry& entry, std::string_view name) {
    return same(entry.name, name) || std::ranges::any_of(entry.aliases, [&](text alias) { return same(alias, name); });
}

// The part before the field: a name, and which member of it.
struct register_name {
    std::string_view name;
    std::optional<std::uint32_t> index;
};

std::optional<register_name> split_index(std::string_view word) {
    const auto bracket = word.find('[');
    if (bracket == std::string_view::npos) return register_name{word, std::nullopt};
    if (!word.ends_with(']')) return std::nullopt;
    const auto index = to_number(word.substr(bracket + 1, word.size() - bracket - 2));
    if (!index) return std::nullopt;
    return register_name{word.substr(0, bracket), index};
}

std::vector<target> registers_called(const tables& facts, const register_name& wanted) {
    std::vector<target> result;
    if (const auto address = parse_address(wanted.name); address && !wanted.index) return at_address(facts, *address);
    for (const auto& entry : facts.registers) {
        if (called(entry, wanted.name)) {
            if (wanted.index) {
                if (*wanted.index >= entry.first && *wanted.index - entry.first < entry.members) {
                    result.push_back({&entry, *wanted.index - entry.first});
                }
            } else {
                for (std::uint32_t member = 0; member < entry.members; ++member)
                    result.push_back({&entry, member});
            }
        } else if (const auto member = wanted.index ? std::nullopt : member_number(entry, wanted.name)) {
            result.push_back({&entry, *member});
        }
    }
    if (!result.empty() || wanted.index) return result;
    for (const auto& entry : facts.registers) {
        if (entry.stride == 0) continue;
        if (const auto member = member_number_behind(entry, wanted.name)) result.push_back({&entry, *member});
    }
    return result;
}

// Levenshtein's distance: letters to change, add or drop.
std::size_t distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t at = 0; at < left.size(); ++at) {
        auto diagonal = row[0];
        row[0] = at + 1;
        for (std::size_t to = 0; to < right.size(); ++to) {
            const auto changed = diagonal + (lower(left[at]) == lower(right[to]) ? 0 : 1);
            diagonal = row[to + 1];
            row[to + 1] = std::min({changed, diagonal + 1, row[to] + 1});
        }
    }
    return row.back();
}

std::string nearest(const std::vector<std::string>& names, std::string_view wanted) {
    std::vector<std::pair<std::size_t, std::string_view>> ranked;
    // A word that a name begins with is next to it, however much is missing.
    for (const auto& name : names)
        ranked.emplace_back(same(std::string_view{name}.substr(0, wanted.size()), wanted) ? 1 : distance(wanted, name),
                            name);
    std::ranges::sort(ranked);
    std::set<std::string_view> seen;
    std::string result;
    for (const auto& [far, name] : ranked) {
        if (seen.size() == 3) break;
        if (!seen.insert(name).second) continue;
        result += (result.empty() ? "" : ", ") + std::string{name};
    }
    return result;
}

std::string unknown(std::string_view kind, std::string_view name, const std::vector<std::string>& names) {
    // Nobody is helped by names near to an endless word, and it would take long to find them.
    constexpr std::size_t longest = 64;
    if (name.size() > longest) return fmt::format("no {} is called `{}…`", kind, name.substr(0, longest));
    return fmt::format("no {} is called `{}`; the nearest are {}", kind, name, nearest(names, name));
}

template <class Entry>
std::expected<std::uint16_t, std::string> find_entry(view<Entry> entries, std::string_view kind,
                                                     std::string_view name) {
    std::vector<std::string> names;
    for (std::size_t at = 0; at < entries.size(); ++at) {
        if (entries[at].name == name) return static_cast<std::uint16_t>(at);
        names.emplace_back(std::string_view{entries[at].name});
    }
    return std::unexpected{unknown(kind, name, names)};
}

std::string unknown_register(const tables& facts, std::string_view name) {
    std::vector<std::string> names;
    for (const auto& entry : facts.registers) {
        names.emplace_back(std::string_view{entry.name});
        for (const auto& alias : entry.aliases)
            names.emplace_back(std::string_view{alias});
    }
    return unknown("register", name, names);
}

std::expected<std::vector<target>, std::string> with_field(const std::vector<target>& registers,
                                                           std::string_view field) {
    std::vector<target> result;
    std::vector<std::string> names;
    for (const auto& one : registers) {
        std::set<std::string_view> seen;
        for (const auto& candidate : one.entry->fields) {
            if (is_reserved(candidate)) continue;
            names.emplace_back(std::string_view{candidate.name});
            if (!same(candidate.name, field) || !seen.insert(candidate.name).second) continue;
            result.push_back({one.entry, one.member, &candidate});
        }
    }
    if (!result.empty()) return result;
    const auto name = name_of(*registers.front().entry, registers.front().member);
    if (names.empty()) return std::unexpected{fmt::format("the fields of {} are not known", name)};
    return std::unexpected{fmt::format("{} has no field `{}`; the nearest are {}", name, field.substr(0, 64),
                                       nearest(names, field.substr(0, 64)))};
}

}  // namespace

std::expected<std::uint16_t, std::string> find_feature(const tables& facts, std::string_view name) {
    return find_entry(facts.features, "feature", name);
}

std::expected<std::uint16_t, std::string> find_quantity(const tables& facts, std::string_view name) {
    return find_entry(facts.quantities, "quantity", name);
}

std::expected<std::uint16_t, std::string> find_vendor(const tables& facts, std::string_view name) {
    return find_entry(facts.vendors, "vendor", name);
}

std::expected<std::uint16_t, std::string> find_profile(const tables& facts, std::string_view name) {
    return find_entry(facts.profiles, "profile", name);
}

std::string name_of(const register_entry& entry, std::uint32_t member) {
    std::string name{std::string_view{entry.stride == 0 ? entry.name : entry.member}};
    const auto gap = name.find("{}");
    if (gap != std::string::npos) name.replace(gap, 2, std::to_string(entry.first + member));
    return name;
}

std::vector<target> at_address(const tables& facts, std::uint32_t address) {
    std::vector<target> result;
    for (const auto& entry : facts.registers) {
        if (entry.address > address) break;
        const auto offset = address - entry.address;
        if (entry.stride == 0 ? offset == 0 : offset % entry.stride == 0 && offset / entry.stride < entry.members) {
            result.push_back({&entry, entry.stride == 0 ? 0 : offset / entry.stride});
        }
    }
    return result;
}

std::expected<std::uint32_t, std::string> parse_address(std::string_view name) {
    if (!looks_like_address(name)) return std::unexpected{"not an address"};
    const auto digits = name.starts_with('0') && name.size() > 1 && lower(name[1]) == 'x'
                            ? name.substr(2)
                            : name.substr(0, name.size() - 1);
    const auto address = to_number(digits, 16);
    if (address) return *address;
    return std::unexpected{
        fmt::format("`{}` is no address: up to 8 hexadecimal digits, as 0x1B or 1BH", name.substr(0, 64))};
}

std::expected<std::vector<target>, std::string> find_by_name(const tables& facts, std::string_view name) {
    const auto dot = name.find('.');
    const auto head = name.substr(0, dot);
    if (all_digits(head)) {
        const auto decimal = to_number(head);
        return std::unexpected{
            fmt::format("`{}` is ambiguous: write 0x{} for the hexadecimal number, 0x{} for the decimal one",
                        head.substr(0, 64), head.substr(0, 64), decimal ? fmt::format("{:x}", *decimal) : "…")};
    }
    if (looks_like_address(head)) {
        if (const auto address = parse_address(head); !address) return std::unexpected{address.error()};
    }
    const auto wanted = split_index(head);
    if (!wanted) return std::unexpected{fmt::format("`{}`: a member is written NAME[3]", head.substr(0, 64))};
    auto registers = registers_called(facts, *wanted);
    if (registers.empty()) {
        if (parse_address(head) && dot == std::string_view::npos) return registers;
        const bool known =
            std::ranges::any_of(facts.registers, [&](const auto& entry) { return called(entry, wanted->name); });
        if (known) return std::unexpected{fmt::format("{} has no member {}", wanted->name, *wanted->index)};
        return std::unexpected{unknown_register(facts, head)};
    }
    if (dot == std::string_view::npos) return registers;
    return with_field(registers, name.substr(dot + 1));
}

}  // namespace msr::catalogue
