#include "compiler/json_behaviour.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "msr/catalogue/expression_text.hpp"
#include "msr/catalogue/words.hpp"

namespace msr::compiler {

namespace {

using namespace catalogue;

class behaviour_writer {
  public:
    explicit behaviour_writer(const tables& all) : all_{all} {}

    void add_to(json& result) const {
        result["profiles"] = json_list(all_.profiles, [](const auto& one) { return profile(one); });
        result["models"] = json_list(all_.models, [this](const auto& one) { return model(one); });
        result["settings"] = json_list(all_.settings, [](const auto& one) { return json_titled(one); });
        result["states"] = json_list(all_.states, [](const auto& one) { return json_titled(one); });
        result["policies"] = json_list(all_.policies, [this](const auto& one) { return policy(one); });
    }

  private:
    static json addresses(const view<std::uint32_t>& all) {
        return json_list(all, [](std::uint32_t one) { return json(json_hex(one)); });
    }

    static json profile(const profile_entry& one) {
        auto result = json_titled(one);
        result["cpuid"] = json_list(one.cpuid, [](const cpuid_leaf& leaf) {
            return json{{"leaf", json_hex(leaf.leaf)},      {"subleaf", json_hex(leaf.subleaf)},
                        {"eax", json_hex(leaf.answer.eax)}, {"ebx", json_hex(leaf.answer.ebx)},
                        {"ecx", json_hex(leaf.answer.ecx)}, {"edx", json_hex(leaf.answer.edx)}};
        });
        result["registers"] = json_list(one.registers, [](const known_register& known) {
            return json{{"address", json_hex(known.address)}, {"value", json_hex(known.value)}};
        });
        result["source"] = json_words(one.sources);
        return result;
    }

    [[nodiscard]] json model(const model_entry& one) const {
        auto result = json_titled(one);
        result["canonical"] = one.canonical_by_paging ? "by_paging" : "by_support";
        result["addresses"] = addresses(one.addresses);
        result["departures"] = json_list(one.departures, [this](const departure_entry& row) { return departure(row); });
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
        return {{"msb", one.msb}, {"lsb", one.lsb}, {"as", json_words(to_word(one.as))}};
    }

    [[nodiscard]] json departure(const departure_entry& one) const {
        json result{{"registers", json_words(one.names)},
                    {"addresses", addresses(one.addresses)},
                    {"when", to_text(one.when, all_)},
                    {"by", json_words(to_word(one.by))}};
        if (one.present) result["presence"] = "always";
        if (one.absent) result["presence"] = "never";
        if (one.read_faults) result["read"] = "fault";
        if (one.reads_constant) result["read"] = json_hex(one.constant);
        if (one.write_faults) result["write"] = "fault";
        if (one.write_dropped) result["write"] = "dropped";
        if (one.writable) result["write"] = "stored";
        result["without"] = omitted(one.without);
        result["bits"] = json_list(one.bits, [](const bits_departure& each) { return bits(each); });
        if (!one.legal.empty()) result["legal"] = to_text(one.legal, all_);
        result["rules"] = json_words(one.rules);
        result["reason"] = json_words(one.reason);
        result["source"] = json_words(one.source);
        return result;
    }

    [[nodiscard]] json row(const policy_row& one) const {
        json result{{"registers", json_list(one.registers,
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
        auto result = json_titled(one);
        result["on"] = json_words(to_word(one.on));
        result["extends"] = json_words(one.extends);
        result["rows"] = json_list(one.rows, [this](const policy_row& each) { return row(each); });
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
