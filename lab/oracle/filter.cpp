#include "lab/oracle/filter.hpp"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "lab/oracle/cases.hpp"

namespace msr::oracle {
namespace {

std::uint32_t filter_flags(std::string_view word) {
    if (word == "r") return KVM_MSR_FILTER_READ;
    if (word == "w") return KVM_MSR_FILTER_WRITE;
    if (word == "rw") return KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE;
    return 0;
}

bool parse_filter_range(std::string_view line, filter_range& range) {
    constexpr std::size_t word_bits = 64;
    const auto parts = words(line);
    if (parts.size() != 3 || !parse_number(parts[1], range.base)) return false;
    range.flags = filter_flags(parts[0]);
    range.count = static_cast<std::uint32_t>(parts[2].size());
    range.bits.assign((parts[2].size() + word_bits - 1) / word_bits, 0);
    for (std::size_t at = 0; at < parts[2].size(); ++at) {
        if (parts[2][at] == '1')
            range.bits[at / word_bits] |= std::uint64_t{1} << at % word_bits;
        else if (parts[2][at] != '0')
            return false;
    }
    return range.flags != 0;
}

std::unexpected<host::error> bad_filter_line(std::size_t number, std::string_view line, std::string why) {
    return std::unexpected{host::error{
        host::error_kind::bad_input, fmt::format("cannot read line {}, '{}'", number, line), std::move(why), {}}};
}

}  // namespace

host::outcome<filter> parse_filter(std::string_view text) {
    filter wanted;
    bool begun = false;
    for (std::size_t number = 0; const auto part : std::views::split(text, '\n')) {
        const std::string_view line{part.begin(), part.end()};
        filter_range range;
        ++number;
        if (words(line).empty()) continue;
        if (!begun) {
            if (line != "allow" && line != "deny")
                return bad_filter_line(number, line, "a filter begins with allow or deny");
            wanted.denies = line == "deny";
            begun = true;
        } else if (!parse_filter_range(line, range)) {
            return bad_filter_line(number, line, "it is not of the form 'r|w|rw BASE BITS'");
        } else if (wanted.ranges.size() == KVM_MSR_FILTER_MAX_RANGES) {
            return bad_filter_line(number, line, fmt::format("KVM takes {} ranges", KVM_MSR_FILTER_MAX_RANGES));
        } else {
            wanted.ranges.push_back(std::move(range));
        }
    }
    if (!begun) return bad_filter_line(1, "", "a filter begins with allow or deny");
    return wanted;
}

host::outcome<filter> read_filter(const std::string& path) {
    const auto text = read_text(path);
    if (!text) return std::unexpected{text.error()};
    return parse_filter(*text);
}

kvm_msr_filter as_request(filter& wanted) {
    kvm_msr_filter request{};
    request.flags = wanted.denies ? KVM_MSR_FILTER_DEFAULT_DENY : KVM_MSR_FILTER_DEFAULT_ALLOW;
    std::ranges::transform(wanted.ranges, std::begin(request.ranges), [](filter_range& one) {
        return kvm_msr_filter_range{.flags = one.flags,
                                    .nmsrs = one.count,
                                    .base = one.base,
                                    .bitmap = reinterpret_cast<__u8*>(one.bits.data())};
    });
    return request;
}

}  // namespace msr::oracle
