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

std::string without_type(std::string words) {
    return words.starts_with(' ') ? words.substr(1) : words;
}

// Of the mask alone: how long a range is.
std::string length_in_words(std::uint64_t mask) {
    const auto words = range_in_words(0, mask, "");
    const auto plus = words.rfind(" + ");
    return plus == std::string::npos ? without_type(words) : words.substr(plus + 3) + " long";
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
    static constexpr std::string_view units[]{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    std::size_t unit = 0;
    while (unit + 1 < std::size(units) && size >= 1024 && size % 1024 == 0) {
        size /= 1024;
        ++unit;
    }
    return fmt::format("{} {}", size, units[unit]);
}

// A mask of ones above zeros is a range as long as its lowest one; with gaps it is several ranges (SDM volume 3,
// 12.11.2.3).
std::string range_in_words(std::uint64_t base, std::uint64_t mask, const std::string& type) {
    if (mask == 0) return type + " everywhere";
    const auto size = std::uint64_t{1} << std::countr_zero(mask);
    const bool one_range = std::has_single_bit((mask >> std::countr_zero(mask)) + 1);
    if (!one_range) return fmt::format("{} at {:#x} under the broken mask {:#x}", type, base, mask);
    return fmt::format("{} {:#x} + {}", type, base, bytes(size));
}

std::string default_type_in_words(const register_view& defaults) {
    if (!defaults.is_set("E")) return "off: all memory is UC, whatever the PAT says";
    return fmt::format("on; memory that no range covers is {}; fixed ranges {}", defaults.words("TYPE"),
                       defaults.is_set("FE") ? "on" : "off");
}

std::string page_attributes_in_words(const register_view& pat) {
    std::vector<std::string> types;
    for (int entry = 0; entry < 8; ++entry) {
        const auto type = pat.words(fmt::format("PA{}", entry));
        types.push_back(type == "UC_MINUS" ? "UC-" : type);
    }
    return "entries 0 to 7: " + joined(types, " ");
}

sentences tell_memory_range(const subject& about) {
    const auto family = about.it.family();
    const auto pair =
        std::ranges::find_if(pairs, [&](const auto& one) { return family == one.base || family == one.mask; });
    if (pair == std::end(pairs)) return {};
    const bool is_base = family == pair->base;
    const auto other = about.cpu.at(is_base ? pair->mask : pair->base, about.member);
    const auto& base = is_base ? about.it : other;
    const auto& mask = is_base ? other : about.it;
    const auto type = pair->type.empty() || !base ? std::string{} : base.words(pair->type);
    if (mask && !mask.is_set(pair->valid)) return {fmt::format("not in use: {}.{} is 0", mask.name(), pair->valid)};
    if (base && mask)
        return {without_type(range_in_words(base.address(pair->base_field), mask.address(pair->mask_field), type))};
    if (base)
        return {without_type(fmt::format("{} from {:#x} on; the mask, which says how far, could not be read", type,
                                         base.address(pair->base_field)))};
    return {length_in_words(mask.address(pair->mask_field)) + "; the base could not be read"};
}

// Neighbours of one type are one range.
sentences tell_fixed_ranges(const subject& about) {
    const auto ranges = fixed_ranges_of(about.it.family());
    const auto type = [&](unsigned number) { return about.it.words(fmt::format("TYPE{}", number)); };
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
