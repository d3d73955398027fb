#include "msr/profile/profile.hpp"

#include "msr/catalogue/cpu_version.hpp"
#include "msr/catalogue/sorted.hpp"

namespace msr::profile {

namespace {

// The quantity of the catalogue that decides which addresses are canonical.
constexpr text linear_width_name = "LINEAR_ADDRESS_WIDTH";

template <class Element>
std::size_t first_at(view<Element> sorted, std::uint32_t address) {
    return catalogue::first_not_below(sorted, address, [](const Element& one) { return one.address; });
}

}  // namespace

profile::profile(const catalogue::tables& facts, view<cpuid_leaf> cpuid, view<known_register> registers)
    : facts_{&facts}, cpuid_{cpuid}, registers_{registers} {
    identify();
    find_quantities();
    find_features();
}

void profile::identify() {
    const auto first = find(cpuid_, catalogue::vendor_leaf, 0);
    for (std::size_t index = 0; index < facts_->vendors.size(); ++index) {
        for (const auto& signature : facts_->vendors[index].signatures) {
            if (catalogue::spells(signature, first.ebx, first.edx, first.ecx)) vendor_ = index;
        }
    }
    const auto version = catalogue::decode_version(find(cpuid_, catalogue::version_leaf, 0).eax);
    family_ = version.family;
    model_ = version.model;
    stepping_ = version.stepping;
}

void profile::find_quantities() {
    for (std::size_t index = 0; index < facts_->quantities.size() && index < catalogue::most_quantities; ++index) {
        const auto& entry = facts_->quantities[index];
        const auto value = catalogue::value_of(entry, bits_of(entry.where).value_or(0));
        quantities_[index] = value;
        if (entry.name == linear_width_name) linear_width_ = value;
    }
}

// Derived features refer only to features before them.
void profile::find_features() {
    for (std::size_t index = 0; index < facts_->features.size() && index < catalogue::most_features; ++index) {
        const auto& entry = facts_->features[index];
        const bool present = entry.condition.empty() ? bits_of(entry.where).value_or(0) != 0
                                                     : catalogue::test(entry.condition, *this) == catalogue::holds::yes;
        if (present) features_[index / 64] |= std::uint64_t{1} << (index % 64);
    }
}

std::optional<std::uint32_t> profile::hypervisor_base(text signature) const {
    for (std::uint32_t number = 0; number < most_hypervisor_bases; ++number) {
        const auto base = first_hypervisor_base + number * hypervisor_stride;
        const auto answer = find(cpuid_, base, 0);
        if (answer == cpuid_answer{}) break;
        if (catalogue::spells(signature, answer.ebx, answer.ecx, answer.edx)) return base;
    }
    return std::nullopt;
}

std::optional<std::uint32_t> profile::bits_of(const catalogue::cpuid_bits& where) const {
    auto leaf = where.leaf;
    if (!where.hypervisor.empty()) {
        const auto base = hypervisor_base(where.hypervisor);
        if (!base) return std::nullopt;
        if (where.reg == catalogue::cpuid_register::none) return 1;
        leaf += *base;
    }
    if (where.reg == catalogue::cpuid_register::none) return std::nullopt;
    return catalogue::value_in(find(cpuid_, leaf, where.subleaf), where);
}

bool profile::processors(std::uint32_t index) const {
    for (const auto& match : facts_->processors[index].matches) {
        if (match.vendor == vendor_ && match.family == family_ && match.model_first <= model_ &&
            model_ <= match.model_last && match.stepping_first <= stepping_ && stepping_ <= match.stepping_last) {
            return true;
        }
    }
    return false;
}

profile profile::as_guest() const {
    auto result = *this;
    result.of_guest_ = true;
    return result;
}

std::optional<std::uint64_t> profile::listed_value(std::uint32_t address) const {
    const auto at = first_at(registers_, address);
    if (at == registers_.size() || registers_[at].address != address) return std::nullopt;
    return registers_[at].value;
}

std::optional<std::uint64_t> profile::register_value(std::uint32_t address) const {
    const auto listed = listed_value(address);
    if (!of_guest_) return listed;
    const auto reset = reset_of_constant(address);
    return reset && listed ? listed : reset;
}

// Nothing for what software can write, or the catalogue does not have.
std::optional<std::uint64_t> profile::reset_of_constant(std::uint32_t address) const {
    const auto& all = facts_->registers;
    for (auto at = first_at(all, address); at != all.size() && all[at].address == address; ++at) {
        if (all[at].access == catalogue::access::read_only) return all[at].reset;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> profile::register_bits(std::uint32_t address, int msb, int lsb) const {
    const auto value = register_value(address);
    if (!value) return std::nullopt;
    return catalogue::extract(*value, msb, lsb);
}

text profile::vendor_name() const {
    return vendor_ < facts_->vendors.size() ? facts_->vendors[vendor_].name : text{};
}

bool profile::has(text feature_name) const {
    for (std::size_t index = 0; index < facts_->features.size(); ++index) {
        if (facts_->features[index].name == feature_name) return feature(static_cast<std::uint32_t>(index));
    }
    return false;
}

}  // namespace msr::profile
