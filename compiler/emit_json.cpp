#include <array>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/constants.hpp"
#include "compiler/exports.hpp"
#include "compiler/json_behaviour.hpp"
#include "msr/catalogue/expression_text.hpp"
#include "msr/catalogue/words.hpp"

namespace msr::compiler {

namespace {

using namespace catalogue;

constexpr int json_form = 1;  // changes when what stands there changes its meaning

class json_writer {
  public:
    explicit json_writer(const tables& all) : all_{all} {}

    [[nodiscard]] json run() const {
        json result{{"form", json_form}};
        result["registers"] = list(all_.registers, [this](const auto& one) { return entry(one); });
        result["layouts"] = list(all_.layouts, [this](const auto& one) { return layout(one); });
        result["relations"] = list(all_.relations, [this](const auto& one) { return relation_json(one); });
        result["msr_lists"] = list(all_.msr_lists, [](const auto& one) { return limit(one); });
        result["enumerations"] = list(all_.enumerations, [](const auto& one) { return enumeration(one); });
        result["features"] = list(all_.features, [this](const auto& one) { return feature(one); });
        result["quantities"] = list(all_.quantities, [](const auto& one) { return quantity(one); });
        result["vendors"] = list(all_.vendors, [](const auto& one) {
            return json{{"name", json_words(one.name)}, {"signatures", json_words(one.signatures)}};
        });
        result["processors"] = list(all_.processors, [this](const auto& one) { return processor(one); });
        result["rules"] = list(all_.rules, [](const auto& one) { return titled(one); });
        add_behaviour(result, all_);
        return result;
    }

  private:
    template <class Entry, class Write>
    static json list(const view<Entry>& entries, Write write) {
        auto result = json::array();
        for (const auto& one : entries)
            result.push_back(write(one));
        return result;
    }

    template <class Entry>
    static json titled(const Entry& one) {
        return {{"name", json_words(one.name)}, {"title", json_words(one.title)}};
    }

    template <class Meaning>
    static std::string word(Meaning meaning) {
        return json_words(to_word(meaning));
    }

    [[nodiscard]] std::string condition(expression code) const { return to_text(code, all_); }

    // "always", "never", or when.
    [[nodiscard]] std::string serialising(const register_entry& one) const {
        const auto when = condition(one.serialising);
        return when == "0" ? "never" : when;
    }

    [[nodiscard]] json entry(const register_entry& one) const {
        auto result = titled(one);
        result["variant"] = json_words(one.variant);
        result["description"] = json_words(one.description);
        result["topic"] = json_words(one.topic);
        result["aliases"] = json_words(one.aliases);
        result["address"] = json_hex(one.address);
        result["members"] = one.members;
        result["stride"] = one.stride;
        if (one.stride != 0) {
            result["first"] = one.first;
            result["member"] = json_words(one.member);
            if (!one.count.empty()) result["count"] = condition(one.count);
        }
        result["exists"] = condition(one.exists);
        result["scope"] = word(one.scope);
        result["access"] = word(one.access);
        result["on_write"] = word(one.on_write);
        result["absent"] = word(one.absent);
        result["varies"] = word(one.varies);
        result["used_in"] = word(one.used_in);
        if (one.has_reset) result["reset"] = json_hex(one.reset);
        result["serialising"] = serialising(one);
        result["rules"] = json_words(one.rules);
        result["switched_by"] = json::object();
        for (const auto& by : one.switched_by)
            result["switched_by"][json_words(by.mechanism)] = json_words(by.how);
        result["restore_after"] = json_words(one.restore_after);
        result["lock"] = list(one.locks, [](const lock_entry& lock) { return lock_json(lock); });
        result["fields_known"] = one.fields_known;
        result["fields"] = list(one.fields, [&](const field_entry& each) { return field(each, &one); });
        result["parts"] = list(one.parts, [](const part_entry& part) {
            return json{{"name", json_words(part.name)}, {"layout", json_words(part.layout->name)}, {"lsb", part.lsb}};
        });
        result["source"] = json_words(one.sources);
        result["place"] = json_words(one.place);
        return result;
    }

    static json lock_json(const lock_entry& lock) {
        return {{"field", json_words(lock.field)},
                {"locks", lock.locks.empty() ? json("all") : json_words(lock.locks)},
                {"effect", word(lock.effect)}};
    }

    [[nodiscard]] json field(const field_entry& one, const register_entry* owner) const {
        json result{{"name", json_words(one.name)}, {"bits", bits_text(one, all_)}, {"kind", word(one.kind)}};
        if (one.msb.quantity == none) result["msb"] = one.msb.offset;
        if (one.lsb.quantity == none) result["lsb"] = one.lsb.offset;
        result["exists"] = condition(one.exists);
        if (is_reserved(one)) return result;
        result["title"] = json_words(one.title);
        result["description"] = json_words(one.description);
        result["access"] = word(one.access);
        if (one.access == access::read_only)
            result["on_write"] = one.on_write == effect::fault ? "must_match" : "ignored";
        result["varies"] = word(one.varies);
        if (one.danger != danger::not_stated) result["danger"] = word(one.danger);
        if (one.shift != 0) result["shift"] = one.shift;
        if (!one.array.empty()) result["array"] = {{"name", json_words(one.array)}, {"element", one.element}};
        if (!one.legal.empty()) result["legal"] = to_text(one.legal, all_, owner);
        if (!one.legal.empty() || one.values_exhaust) result["illegal"] = word(one.illegal);
        if (!one.value.empty()) result["value"] = condition(one.value);
        if (!one.unit.empty()) result["unit"] = json_words(one.unit);
        if (one.values != nullptr) result["values"] = json_words(one.values->name);
        return result;
    }

    [[nodiscard]] json layout(const layout_entry& one) const {
        auto result = titled(one);
        result["width"] = one.width;
        result["fields"] = list(one.fields, [this](const field_entry& each) { return field(each, nullptr); });
        return result;
    }

    // layout.FIELD, or the layout alone.
    [[nodiscard]] std::string place_text(const field_place& at) const {
        for (const auto& one : all_.layouts) {
            if (one.name != at.layout) continue;
            for (const auto& each : one.fields) {
                if (!is_reserved(each) && each.lsb.quantity == none && each.lsb.offset == at.bit)
                    return json_words(at.layout) + "." + json_words(each.name);
            }
        }
        return json_words(at.layout);
    }

    [[nodiscard]] json relation_json(const field_relation& one) const {
        static constexpr std::array<std::string_view, 4> kinds{"needs", "excludes", "paired", "activated_by"};
        return {{"field", place_text(one.of)},
                {std::string{kinds.at(static_cast<std::size_t>(one.kind))}, place_text(one.other)},
                {"source", json_words(one.source)}};
    }

    static json limit(const msr_list_limit& one) {
        return {{"first", json_hex(one.first)},
                {"last", json_hex(one.last)},
                {"msr_list", one.loaded ? "allowed" : (one.saved ? "save_only" : "forbidden")}};
    }

    static json enumeration(const enumeration_entry& one) {
        auto result = titled(one);
        result["values"] = list(one.values, [](const enumerator& value) {
            return json{{"match", json_hex(value.match)},
                        {"mask", json_hex(value.mask)},
                        {"name", json_words(value.name)},
                        {"title", json_words(value.title)}};
        });
        return result;
    }

    static json where(const cpuid_bits& bits) {
        static constexpr std::array<std::string_view, 5> names{"", "eax", "ebx", "ecx", "edx"};
        return {{"leaf", json_hex(bits.leaf)},
                {"subleaf", bits.subleaf},
                {"register", names.at(static_cast<std::size_t>(bits.reg))},
                {"msb", bits.msb},
                {"lsb", bits.lsb}};
    }

    [[nodiscard]] json feature(const feature_entry& one) const {
        auto result = titled(one);
        if (one.where.reg != cpuid_register::none) result["cpuid"] = where(one.where);
        if (!one.where.hypervisor.empty()) result["hypervisor"] = json_words(one.where.hypervisor);
        if (!one.condition.empty()) result["condition"] = condition(one.condition);
        result["requires"] = list(one.prerequisites,
                                  [this](std::uint16_t index) { return json(json_words(all_.features[index].name)); });
        return result;
    }

    static json quantity(const quantity_entry& one) {
        auto result = titled(one);
        result["cpuid"] = where(one.where);
        result["minimum"] = one.minimum;
        result["maximum"] = one.maximum;
        result["fallback"] = one.fallback;
        result["only"] = list(one.only, [](std::uint32_t value) { return json(value); });
        return result;
    }

    [[nodiscard]] json processor(const processor_entry& one) const {
        auto result = titled(one);
        result["group"] = one.group;
        result["matches"] = list(one.matches, [this](const processor_match& match) {
            return json{{"vendor", json_words(all_.vendors[match.vendor].name)},
                        {"family", match.family},
                        {"models", {match.model_first, match.model_last}},
                        {"steppings", {match.stepping_first, match.stepping_last}}};
        });
        return result;
    }

    const tables& all_;
};

}  // namespace

std::string json_words(const text& words) {
    return std::string{std::string_view{words}};
}

json json_words(const view<text>& list) {
    auto result = json::array();
    for (const auto& one : list)
        result.push_back(json_words(one));
    return result;
}

std::string json_hex(std::uint64_t value) {
    return fmt::format("{:#x}", value);
}

std::string json_document(const tables& all) {
    return json_writer{all}.run().dump(1) + "\n";
}

}  // namespace msr::compiler
