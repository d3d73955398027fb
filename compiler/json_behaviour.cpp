#include "compiler/json_behaviour.hpp"

#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "msr/catalogue/expression_text.hpp"

namespace msr::compiler {

namespace {

using namespace catalogue;

class behaviour_writer {
  public:
    explicit behaviour_writer(const tables& all) : all_{all} {}

    void add_to(json& result) const {
        result["profiles"] = list(all_.profiles, [](const auto& one) { return profile(one); });
        result["models"] = list(all_.models, [this](const auto& one) { return model(one); });
        result["settings"] = list(all_.settings, [](const auto& one) { return titled(one); });
        result["states"] = list(all_.states, [](const auto& one) { return titled(one); });
        result["policies"] = list(all_.policies, [this](const auto& one) { return policy(one); });
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

    static json addresses(const view<std::uint32_t>& all) {
        return list(all, [](std::uint32_t one) { return json(json_hex(one)); });
    }

    static json profile(const profile_entry& one) {
        auto result = titled(one);
        result["cpuid"] = list(one.cpuid, [](const cpuid_leaf& leaf) {
            return json{{"leaf", json_hex(leaf.leaf)},      {"subleaf", json_hex(leaf.subleaf)},
                        {"eax", json_hex(leaf.answer.eax)}, {"ebx", json_hex(leaf.answer.ebx)},
                        {"ecx", json_hex(leaf.answer.ecx)}, {"edx", json_hex(leaf.answer.edx)}};
        });
        result["registers"] = list(one.registers, [](const known_register& known) {
            return json{{"address", json_hex(known.address)}, {"value", json_hex(known.value)}};
        });
        result["source"] = json_words(one.sources);
        return result;
    }

    [[nodiscard]] json model(const model_entry& one) const {
        auto result = titled(one);
        result["canonical"] = one.canonical_by_paging ? "by_paging" : "by_support";
        result["addresses"] = addresses(one.addresses);
        result["departures"] = list(one.departures, [this](const departure_entry& row) { return departure(row); });
        return result;
    }

    static json omitted(const omissions& without) {
        auto result = json::array();
        for (const auto& [given, word] : {std::pair{without.canonical, "canonical"}, std::pair{without.legal, "legal"},
                                          std::pair{without.locks, "locks"}, std::pair{without.rules, "rules"},
                                          std::pair{without.presence, "presence"}}) {
            if (given) result.push_back(word);
        }
        return result;
    }

    static json bits(const bits_departure& one) {
        static constexpr std::array<std::string_view, 9> words{
            "mbz", "ignored", "stored", "kept", "must_match", "clearable", "settable", "canonical", "undefined"};
        return {{"msb", one.msb}, {"lsb", one.lsb}, {"as", words.at(static_cast<std::size_t>(one.as))}};
    }

    [[nodiscard]] json departure(const departure_entry& one) const {
        static constexpr std::array<std::string_view, 3> actors{"both", "guest", "host"};
        json result{{"registers", json_words(one.names)},
                    {"addresses", addresses(one.addresses)},
                    {"when", to_text(one.when, all_)},
                    {"by", actors.at(static_cast<std::size_t>(one.by))}};
        if (one.present) result["presence"] = "always";
        if (one.absent) result["presence"] = "never";
        if (one.read_faults) result["read"] = "fault";
        if (one.reads_constant) result["read"] = json_hex(one.constant);
        if (one.write_faults) result["write"] = "fault";
        if (one.write_dropped) result["write"] = "dropped";
        if (one.writable) result["write"] = "stored";
        result["without"] = omitted(one.without);
        result["bits"] = list(one.bits, [](const bits_departure& each) { return bits(each); });
        if (!one.legal.empty()) result["legal"] = to_text(one.legal, all_);
        result["rules"] = json_words(one.rules);
        result["reason"] = json_words(one.reason);
        result["source"] = json_words(one.source);
        return result;
    }

    [[nodiscard]] json row(const policy_row& one) const {
        json result{{"registers", list(one.registers,
                                       [](const policy_registers& these) {
                                           return json{{"name", json_words(these.name)},
                                                       {"first", json_hex(these.first)},
                                                       {"stride", these.stride},
                                                       {"count", these.count}};
                                       })},
                    {"reads", one.reads},
                    {"writes", one.writes},
                    {"passes", one.passes},
                    {"filtered", one.filtered},
                    {"when", to_text(one.when, all_)}};
        if (!one.members.empty()) result["members"] = to_text(one.members, all_);
        result["safe"] = json_words(one.safe);
        result["worth"] = json_words(one.worth);
        result["reason"] = json_words(one.reason);
        result["policy"] = json_words(one.policy);
        return result;
    }

    [[nodiscard]] json policy(const policy_entry& one) const {
        static constexpr std::array<std::string_view, 3> vendors{"any", "vmx", "svm"};
        auto result = titled(one);
        result["on"] = vendors.at(static_cast<std::size_t>(one.on));
        result["extends"] = json_words(one.extends);
        result["rows"] = list(one.rows, [this](const policy_row& each) { return row(each); });
        result["source"] = json_words(one.sources);
        return result;
    }

    const tables& all_;
};

}  // namespace

void add_behaviour(json& into, const tables& all) {
    behaviour_writer{all}.add_to(into);
}

}  // namespace msr::compiler
