#include "compiler/constants.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include "compiler/accessors.hpp"
#include "compiler/names.hpp"
#include "msr/catalogue/expression_text.hpp"
#include "msr/catalogue/words.hpp"

namespace msr::compiler {

namespace {

using catalogue::field_entry;
using catalogue::register_entry;
using fmt::format;
using form = exported_constant::form;

std::string words_of(const text& words) {
    return comment_text(std::string_view{words});
}

std::string upper(std::string_view words) {
    std::string result{words};
    for (auto& letter : result) {
        if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - ('a' - 'A'));
        if (letter == '.') letter = '_';
    }
    return result;
}

std::string list_of(const view<text>& words) {
    std::string result;
    for (const auto& one : words)
        result += (result.empty() ? "" : ", ") + words_of(one);
    return result;
}

std::string constant_name(const register_entry& entry) {
    return words_of(entry.name) + (entry.variant.empty() ? "" : "_" + upper(entry.variant));
}

// A field of a register or layout, before it is certain that its name stands for nothing else.
struct draft_constants {
    std::size_t group;
    std::string name;
    const register_entry* owner;             // none of a layout
    std::vector<const field_entry*> fields;  // alternatives at the same bits
    bit_range at;
};

class constant_list {
  public:
    explicit constant_list(const catalogue::tables& all) : all_{all} {}

    std::expected<std::vector<constant_group>, std::string> run() {
        for (const auto& one : all_.enumerations)
            add_enumeration(one);
        for (const auto& one : all_.layouts) {
            groups_.push_back(
                {.heading = {"Layout " + words_of(one.name) + ": " + words_of(one.title)}, .constants = {}});
            add_fields(upper(one.name), nullptr, one.fields);
        }
        for (const auto& entry : all_.registers)
            add_register(entry);
        for (const auto& one : fields_)
            add_field(one);
        std::set<std::string> taken;
        for (const auto& group : groups_) {
            for (const auto& one : group.constants) {
                if (!taken.insert(one.name).second) return std::unexpected{"two constants would be " + one.name};
            }
        }
        return std::move(groups_);
    }

  private:
    void add_enumeration(const catalogue::enumeration_entry& values) {
        std::map<std::string_view, int> uses;
        for (const auto& one : values.values)
            ++uses[one.name];
        constant_group group{.heading = {"Enumeration " + words_of(values.name) + ": " + words_of(values.title)},
                             .constants = {}};
        for (const auto& one : values.values) {
            auto name = upper(values.name) + "_" + words_of(one.name);
            if (uses[one.name] > 1) name += format("_{:X}", one.match);
            const bool pattern = one.mask != ~std::uint64_t{0};
            group.constants.push_back({.name = name + (pattern ? "_MATCH" : ""),
                                       .as = form::value,
                                       .value = one.match,
                                       .comment = words_of(one.title)});
            if (!pattern) continue;
            group.constants.push_back(
                {.name = name + "_MASK", .as = form::value, .value = one.mask, .comment = "the bits that match"});
        }
        groups_.push_back(std::move(group));
    }

    void add_register(const register_entry& entry) {
        const auto name = constant_name(entry);
        if (!entry.variant.empty()) add_shared_address(entry);
        groups_.push_back({.heading = heading(entry), .constants = {}});
        auto& list = groups_.back().constants;
        list.push_back(address(entry, name));
        if (entry.stride != 0)
            list.push_back({.name = name + "_MEMBERS",
                            .as = form::number,
                            .value = entry.members,
                            .comment = format("at most; their numbers begin with {}", entry.first)});
        if (entry.has_reset) list.push_back({.name = name + "_AT_RESET", .as = form::value, .value = entry.reset});
        if (entry.fields_known) add_fields(name, &entry, entry.fields);
    }

    static exported_constant address(const register_entry& entry, const std::string& name) {
        return {.name = name,
                .as = entry.stride == 0 ? form::address : form::member_address,
                .value = entry.address,
                .stride = entry.stride,
                .first = entry.first};
    }

    // Once for a name whose entries have all a variant and the same address.
    void add_shared_address(const register_entry& entry) {
        if (!shared_.insert(words_of(entry.name)).second) return;
        const auto differs = [&](const register_entry& other) {
            return other.name == entry.name && (other.variant.empty() || other.address != entry.address ||
                                                other.stride != entry.stride || other.first != entry.first);
        };
        if (std::ranges::any_of(all_.registers, differs)) return;
        const auto name = words_of(entry.name);
        groups_.push_back({.heading = {name + ", in all its variants"}, .constants = {address(entry, name)}});
    }

    [[nodiscard]] std::vector<std::string> heading(const register_entry& entry) const {
        std::vector<std::string> lines{words_of(entry.name)};
        if (!entry.variant.empty()) lines.front() += " (" + words_of(entry.variant) + ")";
        if (!entry.title.empty()) lines.front() += ": " + words_of(entry.title);
        if (!entry.aliases.empty()) lines.push_back("Also called: " + list_of(entry.aliases));
        lines.push_back(format("{}, one for each {}; exists: {}", words_of(catalogue::to_word(entry.access)),
                               words_of(catalogue::to_word(entry.scope)),
                               catalogue::to_text(entry.exists, all_, &entry)));
        if (!entry.fields_known) lines.emplace_back("Its fields are not in the catalogue.");
        if (!entry.sources.empty()) lines.push_back("Source: " + list_of(entry.sources));
        return lines;
    }

    // Alternatives of one name at the same bits are one constant.
    void add_fields(const std::string& name, const register_entry* owner, const view<field_entry>& fields) {
        std::map<std::tuple<std::string, int, int, int, int>, std::size_t> drafts;
        for (const auto& field : fields) {
            if (is_reserved(field)) continue;
            const auto at = widest(field, all_);
            if (at.msb < at.lsb) continue;
            const auto full = name + "_" + upper(field.name);
            const auto [draft, fresh] = drafts.try_emplace(
                {full, field.msb.offset, field.msb.quantity, field.lsb.offset, field.lsb.quantity}, fields_.size());
            if (fresh) {
                ++uses_[full];
                fields_.push_back({.group = groups_.size() - 1, .name = full, .owner = owner, .fields = {}, .at = at});
            }
            fields_[draft->second].fields.push_back(&field);
        }
    }

    void add_field(const draft_constants& one) {
        auto name = one.name;
        if (uses_[name] > 1) name += format("_{}_{}", one.at.msb, one.at.lsb);
        auto& list = groups_[one.group].constants;
        const auto& field = *one.fields.front();
        list.push_back({.name = name + "_SHIFT", .as = form::shift, .msb = field.msb, .lsb = field.lsb});
        list.push_back({.name = name + "_MASK",
                        .as = form::mask,
                        .msb = field.msb,
                        .lsb = field.lsb,
                        .comment = field_comment(one)});
    }

    [[nodiscard]] std::string field_comment(const draft_constants& one) const {
        const auto& field = *one.fields.front();
        const auto bits = bits_text(field, all_);
        auto comment = (bits.find("..") == std::string::npos ? "bit " : "bits ") + bits;
        if (!field.title.empty()) comment += ": " + words_of(field.title);
        if (field.access != catalogue::access::read_write) comment += "; " + words_of(catalogue::to_word(field.access));
        if (field.values != nullptr) comment += "; values " + upper(field.values->name) + "_*";
        const auto when = condition(one);
        return when.empty() ? comment : comment + "; if " + when;
    }

    // When one of the alternatives exists; empty: always.
    [[nodiscard]] std::string condition(const draft_constants& one) const {
        std::string result;
        for (const auto* field : one.fields) {
            if (field->exists.empty()) return {};
            result += (result.empty() ? "" : ", or ") + catalogue::to_text(field->exists, all_, one.owner);
        }
        return result;
    }

    const catalogue::tables& all_;
    std::vector<constant_group> groups_;
    std::vector<draft_constants> fields_;
    std::map<std::string, int> uses_;
    std::set<std::string> shared_;
};

}  // namespace

std::expected<std::vector<constant_group>, std::string> constants_of(const catalogue::tables& all) {
    return constant_list{all}.run();
}

std::vector<std::string> parameters_of(const exported_constant& one, const catalogue::tables& all) {
    std::vector<std::string> result;
    const auto add = [&](catalogue::bit_position at) {
        if (at.quantity == catalogue::none) return;
        auto name = words_of(all.quantities[at.quantity].name);
        if (std::ranges::find(result, name) == result.end()) result.push_back(std::move(name));
    };
    if (one.as == form::mask) add(one.msb);
    if (one.as == form::mask || one.as == form::shift) add(one.lsb);
    return result;
}

std::string position_text(catalogue::bit_position at, const catalogue::tables& all) {
    if (at.quantity == catalogue::none) return format("{}", at.offset);
    const auto name = words_of(all.quantities[at.quantity].name);
    if (at.offset > 0) return format("{}+{}", at.offset, name);
    return at.offset < 0 ? format("{}{}", name, at.offset) : name;
}

std::string bits_text(const field_entry& field, const catalogue::tables& all) {
    const auto msb = position_text(field.msb, all);
    const auto lsb = position_text(field.lsb, all);
    return msb == lsb ? msb : msb + ".." + lsb;
}

}  // namespace msr::compiler
