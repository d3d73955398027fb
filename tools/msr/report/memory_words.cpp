// Ranges of memory and their types in words.

#include <algorithm>
#include <bit>
#include <charconv>

#include <fmt/format.h>

#include "tools/msr/report/words.hpp"

namespace tool::report {

namespace {

// Pairs of registers that hold a range as base and mask.
struct range_pair {
    std::string_view base;
    std::string_view mask;
    std::string_view base_field;
    std::string_view mask_field;
    std::string_view valid;
    std::string_view type;  // field of the base; empty: none
};

constexpr range_pair pairs[]{
    {"IA32_MTRR_PHYSBASE", "IA32_MTRR_PHYSMASK", "PHYSBASE", "PHYSMASK", "V", "TYPE"},
    {"IA32_SMRR_PHYSBASE", "IA32_SMRR_PHYSMASK", "PHYSBASE", "PHYSMASK", "VALID", "TYPE"},
    {"SMM_ADDR", "SMM_MASK", "TSEG_BASE", "TSEG_MASK", "T_VALID", ""},
    {"IORR_BASE", "IORR_MASK", "PHYS_BASE", "PHYS_MASK", "V", ""},
};

const range_pair* pair_of(std::string_view family) {
    const auto* found =
        std::ranges::find_if(pairs, [&](const auto& one) { return family == one.base || family == one.mask; });
    return found == std::end(pairs) ? nullptr : found;
}

std::string without_type(std::string words) {
    return words.starts_with(' ') ? words.substr(1) : words;
}

// A value that is no type is called by its number.
std::string type_in_words(const register_view& view, std::string_view field) {
    return view.means(field) ? view.words(field) : fmt::format("reserved type {}", view.get(field));
}

std::string type_of(const register_view& base, const range_pair& pair) {
    return pair.type.empty() ? std::string{} : type_in_words(base, pair.type);
}

std::uint64_t size_under(std::uint64_t mask) {
    return std::uint64_t{1} << std::countr_zero(mask);
}

// Ones above zeros; with gaps it is several ranges (SDM volume 3, 12.11.2.3).
bool is_one_range(std::uint64_t mask) {
    return std::has_single_bit(mask / size_under(mask) + 1);
}

std::string range_under(std::uint64_t base, std::uint64_t mask, const std::string& type) {
    if (mask == 0) return type + " everywhere";
    if (!is_one_range(mask)) return fmt::format("{} at {:#x} under the broken mask {:#x}", type, base, mask);
    return fmt::format("{} {:#x} + {}", type, base, bytes(size_under(mask)));
}

// Addresses that differ in the bits above a mask's ones are in the range, too.
std::string uncompared(const register_view& mask, const range_pair& pair) {
    const auto ones = mask.address(pair.mask_field);
    const auto highest = std::bit_width(mask.highest_address(pair.mask_field)) - 1;
    const auto lowest = std::bit_width(ones);
    if (ones == 0 || lowest > highest) return "";
    if (lowest == highest) return fmt::format(" (whatever address bit {} is)", highest);
    return fmt::format(" (whatever address bits {}..{} are)", highest, lowest);
}

// Of the mask alone.
std::string length_in_words(std::uint64_t mask) {
    if (mask == 0) return "everywhere";
    return is_one_range(mask) ? bytes(size_under(mask)) + " long" : fmt::format("under the broken mask {:#x}", mask);
}

// Eight ranges of one size from one address up. The manual puts both into the name: IA32_MTRR_FIX16K_A0000.
struct fixed_ranges {
    std::uint64_t first = 0;
    std::uint64_t size = 0;
};

fixed_ranges fixed_ranges_of(std::string_view name) {
    constexpr std::string_view before_size = "_FIX";
    constexpr std::string_view after_size = "K_";
    const auto size = name.find(before_size) + before_size.size();
    const auto first = name.find(after_size, size) + after_size.size();
    fixed_ranges result;
    std::from_chars(name.data() + size, name.data() + name.size(), result.size);
    std::from_chars(name.data() + first, name.data() + name.size(), result.first, 16);
    result.size *= 1024;
    return result;
}

}  // namespace

std::string bytes(std::uint64_t size) {
    static constexpr std::string_view units[]{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    std::size_t unit = 0;
    while (unit + 1 < std::size(units) && size >= 1024 && size % 1024 == 0) {
        size /= 1024;
        ++unit;
    }
    return fmt::format("{} {}", size, units[unit]);
}

std::string range_in_words(const register_view& base, const register_view& mask) {
    const auto& pair = *pair_of(base.family());
    return without_type(range_under(base.address(pair.base_field), mask.address(pair.mask_field), type_of(base, pair)) +
                        uncompared(mask, pair));
}

std::string default_type_in_words(const register_view& defaults) {
    if (!defaults.is_set("E")) return "off: all memory is UC, or WC where the PAT says so";
    return fmt::format("on; memory that no range covers is {}; fixed ranges {}", type_in_words(defaults, "TYPE"),
                       defaults.is_set("FE") ? "on" : "off");
}

std::string page_attributes_in_words(const register_view& pat) {
    std::vector<std::string> types;
    for (int entry = 0; entry < 8; ++entry) {
        const auto field = fmt::format("PA{}", entry);
        const auto type = pat.words(field);
        types.push_back(!pat.means(field) ? "reserved" : type == "UC_MINUS" ? "UC-" : type);
    }
    return "entries 0 to 7: " + joined(types, " ");
}

sentences tell_memory_range(const subject& about) {
    const auto family = about.it.family();
    const auto* pair = pair_of(family);
    if (pair == nullptr) return {};
    const bool is_base = family == pair->base;
    const auto other = about.cpu.at(is_base ? pair->mask : pair->base, about.member);
    const auto& base = is_base ? about.it : other;
    const auto& mask = is_base ? other : about.it;
    if (mask && !mask.is_set(pair->valid)) return {fmt::format("not in use: {}.{} is 0", mask.name(), pair->valid)};
    if (base && mask) return {range_in_words(base, mask)};
    if (base)
        return {without_type(fmt::format("{} from {:#x} on; the mask, which says how far, could not be read",
                                         type_of(base, *pair), base.address(pair->base_field)))};
    return {length_in_words(mask.address(pair->mask_field)) + "; the base could not be read"};
}

// Neighbours of one type are one range.
sentences tell_fixed_ranges(const subject& about) {
    const auto ranges = fixed_ranges_of(about.it.family());
    const auto type = [&](unsigned number) { return type_in_words(about.it, fmt::format("TYPE{}", number)); };
    std::vector<std::string> words;
    for (unsigned from = 0, to = 0; from < 8; from = to) {
        while (to < 8 && type(to) == type(from))
            ++to;
        words.push_back(fmt::format("{} {:#x} + {}", type(from), ranges.first + from * ranges.size,
                                    bytes((to - from) * ranges.size)));
    }
    return {joined(words)};
}

sentences tell_default_type(const subject& about) {
    return {default_type_in_words(about.it)};
}

sentences tell_page_attributes(const subject& about) {
    return {page_attributes_in_words(about.it)};
}

}  // namespace tool::report
