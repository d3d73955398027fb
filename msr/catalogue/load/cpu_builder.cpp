#include "msr/catalogue/load/cpu_builder.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "msr/catalogue/expression_text.hpp"
#include "msr/catalogue/load/cpuid_name.hpp"
#include "msr/catalogue/lookup.hpp"

namespace msr::catalogue::load {

namespace {

constexpr std::uint32_t all_bits = 0xFFFFFFFF;
constexpr cpuid_answer all_said{all_bits, all_bits, all_bits, all_bits};

cpuid_bits whole(std::uint32_t leaf, cpuid_register reg) {
    return {.leaf = leaf, .reg = reg, .msb = 31, .lsb = 0};
}

// Which ranges of leaves there are, each answering its highest one in EAX of the first.
constexpr std::uint32_t range_size = 0x10000;
constexpr std::uint32_t ranges[]{vendor_leaf, first_extended_leaf};

}  // namespace

cpu_builder::cpu_builder(const tables& facts, view<cpuid_leaf> from) : facts_{&facts} {
    for (const auto& one : from)
        leaves_[{one.leaf, one.subleaf}].value = one.answer;
}

cpu_builder::outcome cpu_builder::say(std::string_view what, const cpuid_bits& where, std::uint32_t value) {
    const auto mask = static_cast<std::uint32_t>(mask_of(where.msb, where.lsb));
    const auto bits = value << where.lsb & mask;
    const auto member = member_of(where.reg);
    auto& built = leaves_[{where.leaf, where.subleaf}];
    if (((built.value.*member ^ bits) & mask & built.said.*member) != 0) {
        return std::unexpected{fmt::format("{} contradicts what is said of {}", what, name_of(where))};
    }
    built.value.*member = (built.value.*member & ~mask) | bits;
    built.said.*member |= mask;
    return {};
}

cpu_builder::outcome cpu_builder::leaf(const cpuid_leaf& one) {
    const auto [place, fresh] = leaves_.try_emplace({one.leaf, one.subleaf}, built_leaf{one.answer, all_said});
    if (!fresh) return std::unexpected{fmt::format("the leaf {} stands twice", leaf_name(one.leaf, one.subleaf))};
    return {};
}

cpu_builder::outcome cpu_builder::vendor(std::string_view name) {
    const auto index = find_vendor(*facts_, name);
    if (!index) return std::unexpected{index.error()};
    const auto& signatures = facts_->vendors[*index].signatures;
    const auto& so_far = leaves_[{vendor_leaf, 0}].value;
    const auto spelt = [&](text one) { return spells(one, so_far.ebx, so_far.edx, so_far.ecx); };
    const auto other = std::find_if(signatures.begin(), signatures.end(), spelt);
    const auto signature = other != signatures.end() ? *other : signatures[0];
    const auto what = fmt::format("the vendor {}", name);
    auto said = say(what, whole(vendor_leaf, cpuid_register::ebx), letters(signature, 0));
    if (said) said = say(what, whole(vendor_leaf, cpuid_register::edx), letters(signature, 4));
    if (said) said = say(what, whole(vendor_leaf, cpuid_register::ecx), letters(signature, 8));
    return said;
}

cpu_builder::outcome cpu_builder::version(const catalogue::version& wanted) {
    const auto eax = encode_version(wanted);
    if (decode_version(eax) != wanted) {
        return std::unexpected{fmt::format("CPUID cannot say family {:#x}, model {:#x}, stepping {}", wanted.family,
                                           wanted.model, wanted.stepping)};
    }
    // Its reserved bits and the processor type are nobody's business where the leaf is given.
    const auto& built = leaves_[{version_leaf, 0}];
    if (built.said.eax != 0 && decode_version(built.value.eax) == wanted) return {};
    return say("the family, model and stepping", whole(version_leaf, cpuid_register::eax), eax);
}

cpu_builder::outcome cpu_builder::quantity(std::string_view name, std::uint64_t value) {
    const auto index = find_quantity(*facts_, name);
    if (!index) return std::unexpected{index.error()};
    const auto& entry = facts_->quantities[*index];
    const auto widest = mask_of(entry.where.msb, entry.where.lsb) >> entry.where.lsb;
    if (value < entry.minimum || value > entry.maximum || value > widest) {
        return std::unexpected{fmt::format("{} is {} to {}, not {}", name, entry.minimum,
                                           std::min<std::uint64_t>(entry.maximum, widest), value)};
    }
    if (!entry.only.empty() && std::ranges::find(entry.only, value) == entry.only.end())
        return std::unexpected{fmt::format("{} is {}, not {}", name, fmt::join(entry.only, ", "), value)};
    return say(fmt::format("{} = {}", name, value), entry.where, static_cast<std::uint32_t>(value));
}

cpu_builder::outcome cpu_builder::feature(std::string_view name, bool present) {
    const auto index = find_feature(*facts_, name);
    if (!index) return std::unexpected{index.error()};
    const auto& entry = facts_->features[*index];
    if (!entry.condition.empty()) {
        return std::unexpected{
            fmt::format("`{}` cannot be chosen: it follows from `{}`", name, to_text(entry.condition, *facts_))};
    }
    if (!has_bit_of_its_own(entry.where)) {
        return std::unexpected{
            fmt::format("`{}` cannot be chosen: a hypervisor announces it in a leaf of its own", name)};
    }
    chosen_[*index] = present;
    const auto ones = static_cast<std::uint32_t>(mask_of(entry.where.msb, entry.where.lsb) >> entry.where.lsb);
    return say(fmt::format("{}`{}`", present ? "" : "the absence of ", name), entry.where, present ? ones : 0);
}

bool cpu_builder::has(std::uint16_t feature) const {
    const auto& where = facts_->features[feature].where;
    const auto place = leaves_.find({where.leaf, where.subleaf});
    return place != leaves_.end() && extract(place->second.value.*member_of(where.reg), where.msb, where.lsb) != 0;
}

std::vector<cpu_builder::unmet> cpu_builder::unmet_prerequisites() const {
    std::vector<unmet> result;
    for (std::size_t at = 0; at < facts_->features.size(); ++at) {
        const auto& entry = facts_->features[at];
        const auto index = static_cast<std::uint16_t>(at);
        if (entry.prerequisites.empty() || !has(index)) continue;
        const std::string name{std::string_view{entry.name}};
        for (const auto wanted : entry.prerequisites) {
            if (has(wanted)) continue;
            const std::string other{std::string_view{facts_->features[wanted].name}};
            if (chosen_.contains(index)) {
                result.push_back({name, fmt::format("`{}` needs `{}`, which this CPU lacks", name, other), other});
            } else if (chosen_.contains(wanted)) {
                result.push_back({other, fmt::format("`{}` cannot be left out: `{}` needs it", other, name), {}});
            }
        }
    }
    return result;
}

std::vector<cpuid_leaf> cpu_builder::leaves() const {
    auto all = leaves_;
    for (const auto first : ranges) {
        const auto end = all.lower_bound({first + range_size, 0});
        const auto begin = all.lower_bound({first, 0});
        // Where all leaves are as they are, so is what they say of each other.
        if (std::all_of(begin, end, [](const auto& one) { return one.second.said == all_said; })) continue;
        const auto highest = std::prev(end)->first.first;
        auto& built = all[{first, 0}];
        if (built.said.eax == 0 && built.value.eax == 0) built.value.eax = highest;
    }
    std::vector<cpuid_leaf> result;
    for (const auto& [place, built] : all)
        result.push_back({place.first, place.second, built.value});
    return result;
}

}  // namespace msr::catalogue::load
