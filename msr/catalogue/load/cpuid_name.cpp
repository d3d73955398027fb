#include "msr/catalogue/load/cpuid_name.hpp"

#include <charconv>

#include <fmt/format.h>

namespace msr::catalogue::load {

namespace {

std::uint32_t number(std::string_view digits, int base) {
    std::uint32_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    return value;
}

}  // namespace

cpuid_bits parse_cpuid(std::string_view source) {
    cpuid_bits bits;
    const auto colon = source.find(':');
    const auto leaf = source.substr(0, colon);
    bits.leaf = number(leaf, 16);
    if (const auto dot = leaf.find('.'); dot != std::string_view::npos) bits.subleaf = number(leaf.substr(dot + 1), 10);
    if (colon == std::string_view::npos) return bits;
    bits.reg = static_cast<cpuid_register>(source[colon + 2] - 'A' + 1);
    const auto bracket = source.find('[');
    if (bracket == std::string_view::npos) return bits;
    const auto dots = source.find("..", bracket);
    bits.msb = static_cast<std::uint8_t>(number(source.substr(bracket + 1), 10));
    bits.lsb =
        dots == std::string_view::npos ? bits.msb : static_cast<std::uint8_t>(number(source.substr(dots + 2), 10));
    return bits;
}

std::string leaf_name(std::uint32_t leaf, std::uint32_t subleaf) {
    return subleaf == 0 ? fmt::format("{:02X}H", leaf) : fmt::format("{:02X}H.{}", leaf, subleaf);
}

std::string name_of(const cpuid_bits& where) {
    const auto bits =
        where.msb == where.lsb ? fmt::format("{}", where.msb) : fmt::format("{}..{}", where.msb, where.lsb);
    const auto letter = static_cast<char>('A' + static_cast<int>(where.reg) - 1);
    return fmt::format("{}:E{}X[{}]", leaf_name(where.leaf, where.subleaf), letter, bits);
}

}  // namespace msr::catalogue::load
