#include "tools/msr/kvm_filter.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace tool {

namespace virt = msr::virt;

owned_kvm_filter::owned_kvm_filter(const virt::kvm_filter& from) : flags_{from.flags} {
    for (const auto& range : from.ranges)
        add(range);
}

void owned_kvm_filter::add(const virt::kvm_filter_range& range) {
    bitmaps_.emplace_back(range.bitmap.begin(), range.bitmap.end());
    ranges_.push_back(range);
    ranges_.back().bitmap = bitmaps_.back();
}

std::string refusal_in_words(const virt::kvm_filter_refusal& refusal) {
    const auto why = str(virt::to_string(refusal.why));
    return refusal.of_range() ? fmt::format("range {}: {}", refusal.range + 1, why) : why;
}

std::string decider_in_words(const virt::kvm_filter_decision& decision) {
    switch (decision.decided) {
        case virt::kvm_filter_decision::by::range: return fmt::format("range {}", decision.range + 1);
        case virt::kvm_filter_decision::by::otherwise: return "the default: no range covers it";
        case virt::kvm_filter_decision::by::exemption: return "no filter: KVM filters no register of the x2APIC";
    }
    return "unknown";
}

namespace {

// The ones of a bitmap, neighbours together.
std::vector<allowed_stretch> stretches_of(const virt::kvm_filter_range& range) {
    std::vector<allowed_stretch> found;
    for (std::uint32_t at = 0; at < range.count; ++at) {
        if ((range.bitmap[at / 64] >> (at % 64) & 1U) == 0) continue;
        const auto index = range.base + at;
        if (!found.empty() && found.back().last + 1 == index) {
            found.back().last = index;
        } else {
            found.push_back({.first = index, .last = index});
        }
    }
    return found;
}

std::string in_hex(const allowed_stretch& one) {
    return one.first == one.last ? hex(one.first) : fmt::format("{:#x}-{:#x}", one.first, one.last);
}

// Wider than the catalogue has registers in a row: names would fill pages.
constexpr std::uint32_t most_named = 64;

std::vector<std::string> names_in(const allowed_stretch& one, const catalogue::tables& facts) {
    std::vector<std::string> names;
    if (one.last - one.first >= most_named) return names;
    for (auto index = std::uint64_t{one.first}; index <= one.last; ++index) {
        std::set<std::string> here;  // other processors have other registers there
        for (const auto& there : catalogue::at_address(facts, static_cast<std::uint32_t>(index)))
            here.insert(catalogue::name_of(*there.entry, there.member));
        if (!here.empty()) names.push_back(fmt::format("{}", fmt::join(here, "/")));
    }
    return names;
}

}  // namespace

std::vector<allowed_stretch> allowed_registers(const virt::kvm_filter_range& range, const catalogue::tables& facts) {
    auto found = stretches_of(range);
    for (auto& one : found)
        one.names = names_in(one, facts);
    return found;
}

std::string_view access_words(const virt::kvm_filter_range& range) {
    switch (static_cast<virt::accesses>(range.flags)) {
        case virt::accesses::reads: return "r";
        case virt::accesses::writes: return "w";
        case virt::accesses::both: return "rw";
    }
    return "";
}

std::string write_kvm_filter(const virt::kvm_filter& filter) {
    const bool denies = (filter.flags & virt::kvm_filter::denies_by_default) != 0;
    auto text = fmt::format("{{\"format\": \"msrkit-kvm-filter\", \"version\": 1, \"default\": \"{}\",\n\"ranges\": [",
                            denies ? "deny" : "allow");
    for (std::size_t at = 0; at < filter.ranges.size(); ++at) {
        const auto& range = filter.ranges[at];
        auto allowed = json::array();
        for (const auto& one : stretches_of(range))
            allowed.push_back(in_hex(one));
        text += fmt::format("{}\n{}", at == 0 ? "" : ",",
                            json{{"access", access_words(range)},
                                 {"base", hex(range.base)},
                                 {"count", range.count},
                                 {"allowed", std::move(allowed)}}
                                .dump());
    }
    return text + "\n]}\n";
}

std::string kvm_filter_page(const virt::kvm_filter& filter, const catalogue::tables& facts) {
    std::string page;
    for (std::size_t at = 0; at < filter.ranges.size(); ++at) {
        const auto& range = filter.ranges[at];
        if (range.count == 0) {
            page += fmt::format("range {:<3} an empty slot\n", at + 1);
            continue;
        }
        const bool wraps = range.base + range.count < range.base;
        page +=
            fmt::format("range {:<3} {:<3} {:#x}-{:#x}{}\n", at + 1, access_words(range), range.base,
                        range.base + range.count - 1, wraps ? ": wraps around, so KVM matches nothing with it" : "");
        for (const auto& one : allowed_registers(range, facts))
            page += fmt::format("    allowed  {:<23} {}\n", in_hex(one), fmt::join(one.names, " "));
    }
    const bool denies = (filter.flags & virt::kvm_filter::denies_by_default) != 0;
    return page +
           fmt::format("all else is {}; the x2APIC's registers are never filtered\n", denies ? "denied" : "allowed");
}

}  // namespace tool
