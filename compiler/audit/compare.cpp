#include "compiler/audit/compare.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "compiler/audit/normal_name.hpp"
#include "compiler/audit/possible.hpp"
#include "compiler/audit/tiling.hpp"
#include "msr/catalogue/lookup.hpp"

namespace msr::audit {

namespace {

using catalogue::register_entry;

// "MCi_CTL" or "MCx_CTL" with the member's number: a small letter among capitals stands for it.
std::string with_number(std::string_view name, std::uint32_t number) {
    const auto is_small = [](char letter) { return letter >= 'a' && letter <= 'z'; };
    if (std::ranges::count_if(name, is_small) == 1) {
        const auto at = static_cast<std::size_t>(std::ranges::find_if(name, is_small) - name.begin());
        if (std::string_view{"inx"}.find(name[at]) != std::string_view::npos)
            return fmt::format("{}{}{}", name.substr(0, at), number, name.substr(at + 1));
    }
    return fmt::format("{}{}", name, number);
}

// All names under which one member of an entry is known.
std::vector<std::string> names_of(const register_entry& entry, std::uint32_t member) {
    std::vector<std::string> result{name_of(entry, member)};
    for (const auto& alias : entry.aliases) {
        if (entry.members > 1) result.push_back(with_number(alias, entry.first + member));
        if (entry.members == 1 || member == 0) result.emplace_back(std::string_view{alias});
    }
    if (entry.members > 1 && member == 0) result.emplace_back(std::string_view{entry.name});
    return result;
}

// Whether a list's name of a field is this one, or ends with its words behind the register's: ARCH_CAP_RDCL_NO is
// RDCL_NO.
bool is_field_name(const std::vector<std::string>& claimed, std::string_view name) {
    const auto words = words_of(name);
    if (bare_name(name) == std::accumulate(claimed.begin(), claimed.end(), std::string{})) return true;
    return words.size() >= 2 && words.size() <= claimed.size() &&
           std::equal(words.rbegin(), words.rend(), claimed.rbegin());
}

struct place {
    const register_entry* entry = nullptr;
    std::set<std::string> names;  // bare
};

class catalogue_index {
  public:
    explicit catalogue_index(const catalogue::tables& facts) {
        for (const auto& entry : facts.registers) {
            for (std::uint32_t member = 0; member < entry.members; ++member)
                add(entry, member);
        }
    }

    [[nodiscard]] const std::vector<place>& at(std::uint32_t address) const {
        static const std::vector<place> nothing;
        const auto found = places_.find(address);
        return found == places_.end() ? nothing : found->second;
    }
    /// An address where the catalogue has exactly this name, if that is not one of several.
    [[nodiscard]] const std::set<std::uint32_t>& addresses_of(const std::string& exact) const {
        static const std::set<std::uint32_t> nowhere;
        const auto found = addresses_.find(exact);
        return found == addresses_.end() ? nowhere : found->second;
    }

  private:
    void add(const register_entry& entry, std::uint32_t member) {
        const auto address = entry.address + entry.stride * member;
        auto& here = places_[address].emplace_back(place{&entry, {}});
        for (const auto& name : names_of(entry, member)) {
            here.names.insert(bare_name(name));
            addresses_[exact_name(name)].insert(address);
        }
    }

    std::map<std::uint32_t, std::vector<place>> places_;
    std::map<std::string, std::set<std::uint32_t>, std::less<>> addresses_;
};

std::string names_at(const std::vector<place>& places) {
    std::string result;
    for (const auto& one : places)
        result += (result.empty() ? "" : ", ") + std::string{std::string_view{one.entry->name}};
    return result;
}

class comparer {
  public:
    comparer(const std::vector<claim>& claims, const catalogue::tables& facts) : facts_{facts}, index_{facts} {
        for (const auto& one : claims) {
            if (one.about == subject::field) together_[{one.source, one.address}].push_back(one.bits);
        }
    }

    [[nodiscard]] finding look_at(const claim& one) const {
        switch (one.about) {
            case subject::name: return name(one);
            case subject::field: return field(one);
            case subject::model: break;
        }
        return model(one);
    }

  private:
    [[nodiscard]] finding name(const claim& one) const {
        const auto& places = index_.at(one.address);
        const auto bare = bare_name(one.name);
        const auto agrees = [&](const place& at) { return one.name.empty() || at.names.contains(bare); };
        if (std::ranges::any_of(places, agrees)) return {&one};
        const auto& elsewhere = index_.addresses_of(exact_name(one.name));
        if (!elsewhere.empty() && !one.name.empty())
            return {&one, outcome::conflicting, fmt::format("it stands at {:#x}", *elsewhere.begin())};
        if (places.empty()) return {&one, outcome::absent};
        return {&one, outcome::other_name, names_at(places)};
    }

    // Of the registers at an address, those count that the source calls by a name of theirs, if there are such.
    [[nodiscard]] finding field(const claim& one) const {
        const auto& places = index_.at(one.address);
        const bool named = std::ranges::any_of(places, [&](const place& at) { return is_called(one, at); });
        bool regrouped = false;
        std::string exchanged;
        bool certain = named && names_all(one, places);
        std::string here;
        for (const auto& at : places) {
            if (named && !is_called(one, at)) continue;
            if (!at.entry->fields_known) {
                certain = false;
                continue;
            }
            const auto found = tiling_in(one, *at.entry);
            const auto other = found == tiling::same ? exchanged_with(one, *at.entry) : std::string{};
            if (found == tiling::same && other.empty()) return {&one};
            if (!other.empty()) exchanged = other;
            regrouped = regrouped || found == tiling::regrouped;
            here += fmt::format("{}{}: {}", here.empty() ? "" : "; ", std::string_view{at.entry->name},
                                fields_at(one.bits, *at.entry, facts_));
        }
        if (!exchanged.empty()) return {&one, outcome::conflicting, exchanged};
        if (regrouped) return {&one, outcome::regrouped};
        // It may be of a register that is known by name only, or of another one at this address that is not here; and
        // what was reserved when the list was made may have got a meaning.
        if (!certain || means_reserved(one.name)) return {&one, outcome::absent};
        return {&one, outcome::conflicting, here};
    }

    // The bits agree, but the register has a field of just this name elsewhere: what stands there and here, in words.
    [[nodiscard]] std::string exchanged_with(const claim& one, const register_entry& entry) const {
        const auto words = words_of(one.name);
        const catalogue::field_entry* elsewhere = nullptr;
        for (const auto& field : entry.fields) {
            if (catalogue::is_reserved(field) || !is_field_name(words, field.name)) continue;
            if (overlaps(one.bits, field, facts_)) return {};
            if (elsewhere == nullptr || field.name.size() > elsewhere->name.size()) elsewhere = &field;
        }
        if (elsewhere == nullptr) return {};
        return fmt::format("{} is at other bits, and {}", std::string_view{elsewhere->name},
                           fields_at(one.bits, entry, facts_));
    }

    [[nodiscard]] tiling tiling_in(const claim& one, const register_entry& entry) const {
        if (means_reserved(one.name) && all_reserved(one.bits, entry, facts_)) return tiling::same;
        return tiling_of(one.bits, together_.at({one.source, one.address}), entry, facts_);
    }

    [[nodiscard]] finding model(const claim& one) const {
        const auto& places = index_.at(one.address);
        const auto there = [&](const place& at) { return can_hold(at.entry->exists, one.on, facts_); };
        if (std::ranges::any_of(places, there)) return {&one};
        if (places.empty() || !names_all(one, places)) return {&one, outcome::absent};
        return {&one, outcome::conflicting, names_at(places) + " is not there on it"};
    }

    // Whether the claim is about this register: it calls it so, or does not say what it calls it.
    static bool is_called(const claim& one, const place& at) {
        return one.registers.empty() || std::ranges::any_of(one.registers, [&](const std::string& name) {
                   return at.names.contains(bare_name(name));
               });
    }

    // Whether every register that the claim may be about is here: a list has several at one address, too.
    static bool names_all(const claim& one, const std::vector<place>& places) {
        return std::ranges::all_of(one.registers, [&](const std::string& name) {
            const auto bare = bare_name(name);
            return std::ranges::any_of(places, [&](const place& at) { return at.names.contains(bare); });
        });
    }

    const catalogue::tables& facts_;
    catalogue_index index_;
    std::map<std::pair<std::string, std::uint32_t>, std::vector<bit_range>> together_;
};

}  // namespace

std::vector<finding> compare(const std::vector<claim>& claims, const catalogue::tables& facts) {
    const comparer against{claims, facts};
    std::vector<finding> result;
    std::set<std::tuple<std::string_view, subject, std::uint32_t, std::string, std::string>> seen;
    for (const auto& one : claims) {
        if (seen.emplace(one.source, one.about, one.address, claim_text(one), bare_name(one.name)).second)
            result.push_back(against.look_at(one));
    }
    return result;
}

}  // namespace msr::audit
