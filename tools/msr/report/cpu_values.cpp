#include "tools/msr/report/cpu_values.hpp"

#include <algorithm>
#include <bit>
#include <cctype>
#include <set>
#include <stdexcept>

#include <fmt/format.h>

#include "msr/catalogue/built_in.hpp"

namespace tool::report {

namespace {

[[noreturn]] void unknown(std::string_view kind, std::string_view name) {
    throw std::logic_error{fmt::format("the catalogue has no {} {}", kind, name)};
}

std::size_t index_of(const auto& table, std::string_view kind, std::string_view name) {
    for (std::size_t at = 0; at < table.size(); ++at) {
        if (std::string_view{table[at].name} == name) return at;
    }
    unknown(kind, name);
}

std::string capitals(std::string_view name) {
    std::string result{name};
    std::ranges::transform(result, result.begin(), [](unsigned char one) { return std::toupper(one); });
    return result;
}

}  // namespace

names::names(const catalogue::tables& facts) {
    std::set<const catalogue::field_entry*> layouts;
    for (const auto& entry : catalogue::built_in().registers) {
        entries_[entry.name].built_in.push_back(&entry);
        layouts.insert(entry.fields.data());
    }
    // Users' registers have fields of their own, whatever their names are.
    for (const auto& entry : facts.registers) {
        if (layouts.contains(entry.fields.data())) entries_[entry.name].here.push_back({&entry, 0, nullptr});
    }
}

const names::namesakes& names::called(std::string_view name) const {
    const auto found = entries_.find(name);
    if (found == entries_.end() || found->second.built_in.empty()) unknown("register", name);
    return found->second;
}

std::span<const catalogue::target> names::find(std::string_view name) const {
    return called(name).here;
}

bool names::is_built_in(const catalogue::register_entry& entry) const {
    const auto found = entries_.find(entry.name);
    return found != entries_.end() &&
           std::ranges::any_of(found->second.here, [&](const auto& one) { return one.entry == &entry; });
}

void names::require_field(std::string_view name, std::string_view field) const {
    for (const auto* one : called(name).built_in) {
        if (std::ranges::any_of(one->fields, [&](const auto& other) { return other.name == field; })) return;
    }
    unknown("field", fmt::format("{}.{}", name, field));
}

register_view::register_view(const names& all, std::string_view name, std::uint32_t member, const profile::profile* cpu,
                             std::span<const std::uint32_t> addresses,
                             std::span<const msr::result<std::uint64_t>> values)
    : all_{&all}, cpu_{cpu}, family_{name}, name_{name} {
    if (cpu == nullptr) return;
    const auto* here = on_cpu(all.find(name), *cpu);
    if (here == nullptr || member >= profile::member_count(*here->entry, *cpu)) return;
    entry_ = here->entry;
    fields_.emplace(*entry_, *cpu);
    name_ = catalogue::name_of(*entry_, member);
    const auto address = catalogue::target{entry_, member, nullptr}.address();
    const auto found = std::ranges::lower_bound(addresses, address);
    if (found == addresses.end() || *found != address) return;
    const auto& value = values[static_cast<std::size_t>(found - addresses.begin())];
    if (value) {
        value_ = *value;
    } else {
        why_ = value.error().cause;
    }
}

register_view::register_view(const catalogue::target& what, layout fields, std::uint64_t value,
                             const profile::profile* cpu)
    : cpu_{cpu},
      family_{what.entry->name},
      name_{catalogue::name_of(*what.entry, what.member)},
      entry_{what.entry},
      fields_{std::move(fields)},
      value_{value} {}

std::string register_view::why_not() const {
    return exists() ? str(msr::to_string(why_)) : "this CPU does not have it";
}

const profile::resolved_field* register_view::find_if_there(std::string_view field) const {
    if (!fields_) return nullptr;
    for (const auto& one : (*fields_)->fields) {
        if (one.entry->name == field) return cpu_ != nullptr || is_alone(one) ? &one : nullptr;
    }
    return nullptr;
}

bool register_view::is_alone(const profile::resolved_field& field) const {
    return std::ranges::none_of(
        (*fields_)->fields, [&](const auto& other) { return &other != &field && (other.mask() & field.mask()) != 0; });
}

const profile::resolved_field* register_view::find(std::string_view field) const {
    const auto* found = find_if_there(field);
    if (found == nullptr && all_ != nullptr) all_->require_field(family_, field);
    return found;
}

bool register_view::shows(std::string_view field) const {
    const auto* found = find_if_there(field);
    return found != nullptr && found->of(raw()) != 0;
}

std::uint64_t register_view::get(std::string_view field) const {
    const auto* found = find(field);
    return found != nullptr ? found->of(raw()) : 0;
}

unsigned register_view::width(std::string_view field) const {
    const auto* found = find(field);
    return found != nullptr ? static_cast<unsigned>(std::popcount(found->mask())) : 0;
}

std::uint64_t register_view::address(std::string_view field) const {
    const auto* found = find(field);
    return found != nullptr ? profile::address_of(*found, found->of(raw())) : 0;
}

std::uint64_t register_view::highest_address(std::string_view field) const {
    const auto* found = find(field);
    return found != nullptr ? profile::address_of(*found, found->of(found->mask())) : 0;
}

std::string register_view::words(std::string_view field) const {
    const auto* found = find(field);
    if (found == nullptr) return "absent";
    if (!value_) return why_not();
    const auto bits = found->of(raw());
    return tool::words({*found, bits, profile::meaning_of(*found->entry, bits)}, raw(), cpu_);
}

bool register_view::means(std::string_view field) const {
    const auto* found = find(field);
    return found != nullptr && profile::meaning_of(*found->entry, found->of(raw())) != nullptr;
}

std::string register_view::title(std::string_view field) const {
    const auto* found = find(field);
    if (found == nullptr || !value_) return words(field);
    const auto* meaning = profile::meaning_of(*found->entry, found->of(raw()));
    return meaning != nullptr && !meaning->title.empty() ? str(meaning->title) : words(field);
}

std::optional<double> register_view::scaled(std::string_view field) const {
    const auto* found = find(field);
    if (found == nullptr || !value_ || cpu_ == nullptr) return std::nullopt;
    const auto result = profile::scaled(*found->entry, raw(), *cpu_);
    return result.known ? std::optional{result.value} : std::nullopt;
}

std::vector<std::string> register_view::set_fields() const {
    std::vector<std::string> result;
    if (!fields_) return result;
    profile::decode(**fields_, raw(), [&](const profile::decoded_field& decoded) {
        if (decoded.raw != 0) result.push_back(str(decoded.field.entry->name));
    });
    std::ranges::reverse(result);
    return result;
}

// Some enumerations are found by a name that is put together, and need not be there.
const catalogue::enumerator* cpu_values::enumerator(std::string_view enumeration, std::uint64_t value) const {
    for (const auto& one : facts_->enumerations) {
        if (one.name != enumeration) continue;
        const auto found =
            std::ranges::find_if(one.values, [&](const auto& known) { return (value & known.mask) == known.match; });
        return found == one.values.end() ? nullptr : &*found;
    }
    return nullptr;
}

msr::result<std::uint64_t> cpu_values::read(std::uint32_t address) const {
    const auto found = std::ranges::lower_bound(addresses_, address);
    if (found == addresses_.end() || *found != address)
        return std::unexpected{msr::fault{address, number_, msr::direction::read, msr::cause::not_recorded}};
    return values_[static_cast<std::size_t>(found - addresses_.begin())];
}

register_view cpu_values::first_of(std::initializer_list<std::string_view> candidates) const {
    for (const auto name : candidates) {
        auto one = at(name);
        if (one.exists()) return one;
    }
    return at(*candidates.begin());
}

std::uint32_t cpu_values::members(std::string_view name) const {
    const auto* here = on_cpu(names_->find(name), *cpu_);
    return here != nullptr ? profile::member_count(*here->entry, *cpu_) : 0;
}

bool cpu_values::has(std::string_view feature) const {
    if (cpu_ == nullptr) return false;
    return cpu_->feature(static_cast<std::uint32_t>(index_of(cpu_->facts().features, "feature", feature)));
}

// As the catalogue writes it: with the sub-leaf where the leaf has several.
std::string cpu_values::place(const catalogue::cpuid_bits& where) const {
    const auto& features = cpu_->facts().features;
    const bool several = std::ranges::any_of(
        features, [&](const auto& one) { return one.where.leaf == where.leaf && one.where.subleaf != 0; });
    static constexpr std::string_view registers[]{"", "EAX", "EBX", "ECX", "EDX"};
    const auto leaf =
        several ? fmt::format("{:02X}H.{}", where.leaf, where.subleaf) : fmt::format("{:02X}H", where.leaf);
    return fmt::format("CPUID.{}:{}", leaf, registers[static_cast<std::size_t>(where.reg)]);
}

evidence cpu_values::feature(std::string_view name) const {
    const auto& facts = cpu_->facts();
    const auto& entry = facts.features[index_of(facts.features, "feature", name)];
    return {fmt::format("{}[{}]", place(entry.where), entry.where.lsb), capitals(name), has(name) ? "1" : "0"};
}

std::uint32_t cpu_values::quantity(std::string_view name) const {
    return cpu_->quantity(static_cast<std::uint32_t>(index_of(cpu_->facts().quantities, "quantity", name)));
}

evidence cpu_values::says_quantity(std::string_view name) const {
    const auto& facts = cpu_->facts();
    const auto& where = facts.quantities[index_of(facts.quantities, "quantity", name)].where;
    return {place(where), std::string{name}, fmt::format("{}", quantity(name))};
}

std::string joined(std::span<const std::string> words, std::string_view between) {
    std::string result;
    for (const auto& one : words) {
        if (!result.empty()) result += between;
        result += one;
    }
    return result;
}

}  // namespace tool::report
