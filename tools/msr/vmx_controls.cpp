#include "tools/msr/vmx_controls.hpp"

#include <algorithm>
#include <bit>
#include <cctype>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "tools/msr/choose.hpp"
#include "tools/msr/report/cpu_values.hpp"
#include "tools/msr/values.hpp"

namespace tool {

namespace {

namespace vmx = msr::virt::vmx;

std::unexpected<host::error> mistake(std::string what, std::string why) {
    return std::unexpected{host::error{host::error_kind::bad_input, std::move(what), std::move(why), ""}};
}

std::string set_names() {
    std::string result;
    for (const auto set : vmx::control_sets)
        result += (result.empty() ? "" : ", ") + std::string{short_name(set)};
    return result;
}

bool same_name(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, [](char one, char other) {
        return std::toupper(static_cast<unsigned char>(one)) == std::toupper(static_cast<unsigned char>(other));
    });
}

// How many bits the VMCS has for a set.
std::uint64_t bits_of_set(vmx::control_set set) {
    vmx::controls all;
    all.set_raw(set, ~std::uint64_t{0});
    return all.raw(set);
}

host::outcome<std::uint64_t> bits_called(vmx::control_set set, std::string_view name) {
    for (const auto& field : vmx::layout_of(set).fields) {
        if (same_name(std::string_view{field.name}, name)) return std::uint64_t{1} << field.lsb;
    }
    const auto what = fmt::format("{} has no control `{}`", short_name(set), name);
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) == 0)
        return mistake(what, "it has " + report::joined(control_names(set, ~std::uint64_t{0})));
    const auto number = parse_value(name);
    if (!number) return std::unexpected{number.error()};
    if ((*number & ~bits_of_set(set)) != 0)
        return mistake(what, fmt::format("the set has {} bits", std::popcount(bits_of_set(set))));
    return *number;
}

host::outcome<void> add(vmx::control_request& to, vmx::control_set set, std::string_view word) {
    auto* into = &to.required;
    if (word.starts_with('?')) into = &to.optional;
    if (word.starts_with('-')) into = &to.forbidden;
    if (into != &to.required) word.remove_prefix(1);
    const auto bits = bits_called(set, word);
    if (!bits) return std::unexpected{bits.error()};
    into->set_raw(set, into->raw(set) | *bits);
    return {};
}

}  // namespace

std::string_view short_name(vmx::control_set set) {
    switch (set) {
        case vmx::control_set::pin_based: return "pin";
        case vmx::control_set::primary: return "proc";
        case vmx::control_set::secondary: return "proc2";
        case vmx::control_set::tertiary: return "proc3";
        case vmx::control_set::exit: return "exit";
        case vmx::control_set::secondary_exit: return "exit2";
        case vmx::control_set::entry: return "entry";
    }
    std::unreachable();
}

std::vector<std::string> control_names(vmx::control_set set, std::uint64_t bits) {
    std::vector<std::string> result;
    for (const auto& field : vmx::layout_of(set).fields) {
        if ((bits >> field.lsb & 1U) != 0) result.push_back(str(field.name));
    }
    std::ranges::reverse(result);
    return result;
}

host::outcome<vmx::control_request> parse_control_request(std::span<const std::string> words) {
    vmx::control_request result;
    for (const std::string_view word : words) {
        const auto equals = word.find('=');
        if (equals == std::string_view::npos)
            return mistake(fmt::format("`{}` asks for nothing", word),
                           "it is SET=CONTROL,CONTROL; sets are " + set_names());
        const auto named = std::ranges::find(vmx::control_sets, word.substr(0, equals), short_name);
        if (named == std::end(vmx::control_sets))
            return mistake(fmt::format("there is no set of controls `{}`", word.substr(0, equals)),
                           "there are " + set_names());
        auto rest = word.substr(equals + 1);
        while (true) {
            const auto comma = std::min(rest.find(','), rest.size());
            if (auto added = add(result, *named, rest.substr(0, comma)); !added) return std::unexpected{added.error()};
            if (comma == rest.size()) break;
            rest.remove_prefix(comma + 1);
        }
    }
    return result;
}

}  // namespace tool
