#include <algorithm>
#include <charconv>
#include <optional>

#include "msr/catalogue/load/cpuid_name.hpp"
#include "msr/catalogue/load/symbols.hpp"

namespace msr::catalogue::load {

symbols::symbols(const tables& base)
    : vendors(base.vendors.begin(), base.vendors.end()),
      processors(base.processors.begin(), base.processors.end()),
      features(base.features.begin(), base.features.end()),
      quantities(base.quantities.begin(), base.quantities.end()),
      enumerations(base.enumerations.begin(), base.enumerations.end()),
      rules(base.rules.begin(), base.rules.end()),
      settings(base.settings.begin(), base.settings.end()),
      states(base.states.begin(), base.states.end()),
      base_registers{base.registers},
      base_models{base.models} {
    for (const auto& layout : base.layouts) {
        draft_layout draft{.entry = layout, .fields = {}, .file = nullptr, .place = {}};
        for (const auto& field : layout.fields)
            draft.fields.push_back({.entry = field, .varies_by_itself = field.varies != variation::constant});
        layouts.push_back(std::move(draft));
    }
}

std::expected<program, std::string> symbols::processor_fact(std::string_view name) const {
    const auto in = [&](const auto& entries, operation code) -> program {
        const auto place = find_named(entries, name);
        if (place == entries.end()) return {};
        return {{.code = code, .operand = static_cast<std::uint64_t>(place - entries.begin())}};
    };
    if (name == "family") return program{{.code = operation::family}};
    if (name == "model") return program{{.code = operation::model}};
    if (name == "stepping") return program{{.code = operation::stepping}};
    if (auto code = in(features, operation::feature); !code.empty()) return code;
    if (auto code = in(vendors, operation::vendor); !code.empty()) return code;
    if (auto code = in(processors, operation::processors); !code.empty()) return code;
    if (auto code = in(quantities, operation::quantity); !code.empty()) return code;
    return std::unexpected{"`" + std::string{name} + "` is no feature, vendor, processor or quantity"};
}

namespace {

class definition_reader {
  public:
    definition_reader(const document& file, symbols& known, store& keep, problems& found)
        : file_{file}, known_{known}, keep_{keep}, found_{found} {}

    template <class Read>
    void each(const char* list, Read read) {
        const auto place = file_.root().find(list);
        if (place == file_.root().end()) return;
        for (std::size_t at = 0; at < place->size(); ++at) {
            place_ = std::string{"/"} + list + "/" + std::to_string(at);
            (this->*read)((*place)[at]);
        }
    }

    void vendor(const json& entry) {
        std::vector<text> signatures;
        for (const auto& signature : entry["signatures"])
            signatures.push_back(keep_.keep(signature.get<std::string>()));
        add(known_.vendors, {.name = name(entry), .signatures = keep_.keep(std::move(signatures))});
    }

    void processor(const json& entry) {
        const auto vendor = find_named(known_.vendors, entry["vendor"].get<std::string>());
        if (vendor == known_.vendors.end())
            return report("unknown vendor `" + entry["vendor"].get<std::string>() + "`");
        processor_match match;
        match.vendor = static_cast<std::uint16_t>(vendor - known_.vendors.begin());
        match.family = entry["family"].get<std::uint16_t>();
        if (const auto steppings = entry.value("steppings", ""); !steppings.empty()) {
            match.stepping_first = static_cast<std::uint8_t>(std::stoi(steppings));
            match.stepping_last = static_cast<std::uint8_t>(std::stoi(steppings.substr(steppings.find("..") + 2)));
            if (match.stepping_first > match.stepping_last || match.stepping_last > 15) report("no such steppings");
        }
        std::vector<processor_match> matches;
        const auto add_models = [&](int first, int last) {
            if (first > last) report("the models are not from the lower to the higher");
            match.model_first = static_cast<std::uint16_t>(first);
            match.model_last = static_cast<std::uint16_t>(last);
            matches.push_back(match);
        };
        if (entry["models"].is_string()) {
            add_models(0, 0xFF);
        } else {
            for (const auto& model : entry["models"]) {
                if (model.is_number()) {
                    add_models(model, model);
                } else {
                    const auto range = model.get<std::string>();
                    add_models(std::stoi(range, nullptr, 16),
                               std::stoi(range.substr(range.find("..") + 2), nullptr, 16));
                }
            }
        }
        add(known_.processors, {.name = name(entry), .title = title(entry), .matches = keep_.keep(std::move(matches))});
    }

    void group(const json& entry) {
        std::vector<processor_match> matches;
        for (const auto& member : entry["members"]) {
            const auto place = find_named(known_.processors, member.get<std::string>());
            if (place == known_.processors.end()) {
                report("`" + member.get<std::string>() + "` is no processor or group defined before");
                continue;
            }
            matches.insert(matches.end(), place->matches.begin(), place->matches.end());
        }
        add(known_.processors,
            {.name = name(entry), .title = title(entry), .matches = keep_.keep(std::move(matches)), .group = true});
    }

    void quantity(const json& entry) {
        quantity_entry result{.name = name(entry),
                              .title = title(entry),
                              .where = parse_cpuid(entry["cpuid"].get<std::string>()),
                              .minimum = entry["minimum"],
                              .maximum = entry["maximum"],
                              .fallback = entry["fallback"]};
        if (result.minimum > result.maximum || result.fallback < result.minimum || result.fallback > result.maximum) {
            report("minimum, fallback and maximum are not in this order");
        }
        result.only = keep_.keep(entry.value("only", std::vector<std::uint32_t>{}));
        for (const auto one : result.only) {
            if (one < result.minimum || one > result.maximum)
                report("a value of `only` is not between minimum and maximum");
        }
        check_place(result.where);
        add(known_.quantities, result, most_quantities);
    }

    void feature(const json& entry) {
        feature_entry result{
            .name = name(entry), .title = title(entry), .where = {}, .condition = {}, .prerequisites = {}};
        if (entry.contains("cpuid")) result.where = parse_cpuid(entry["cpuid"].get<std::string>());
        if (entry.contains("hypervisor")) result.where.hypervisor = keep_.keep(entry["hypervisor"].get<std::string>());
        if (entry.contains("condition")) {
            const auto names = [&](std::string_view word, int, int) { return known_.processor_fact(word); };
            auto condition = compile(entry["condition"].get<std::string>(), names);
            if (!condition) return report(condition.error());
            result.condition = keep_.keep(std::move(*condition));
        }
        if ((result.where.reg == cpuid_register::none && result.where.hypervisor.empty()) == result.condition.empty()) {
            report("a feature is either a CPUID bit, a hypervisor's signature or a condition");
        }
        check_place(result.where);
        add(known_.features, result, most_features);
    }

    // After all features, since a prerequisite may stand further down.
    void prerequisites(const json& entry) {
        if (!entry.contains("requires")) return;
        std::vector<std::uint16_t> wanted;
        for (const auto& one : entry["requires"]) {
            const auto place = find_named(known_.features, one.get<std::string>());
            if (place == known_.features.end() || !has_bit_of_its_own(place->where)) {
                report("`" + one.get<std::string>() + "` is no feature with a CPUID bit of its own");
                continue;
            }
            wanted.push_back(static_cast<std::uint16_t>(place - known_.features.begin()));
        }
        const auto own = entry["name"].get<std::string>();
        const auto it = std::ranges::find_if(known_.features, [&](const auto& one) { return one.name == own; });
        it->prerequisites = keep_.keep(std::move(wanted));
    }

    void enumeration(const json& entry) {
        auto result = read_enumeration(entry["values"], name(entry), title(entry), keep_);
        if (!result) return report(result.error());
        add(known_.enumerations, *result);
    }

    void rule(const json& entry) { add(known_.rules, {.name = name(entry), .title = title(entry)}); }
    void setting(const json& entry) { input(entry, known_.settings, known_.states); }
    void state(const json& entry) { input(entry, known_.states, known_.settings); }

  private:
    // A command line names settings and states alike.
    void input(const json& entry, std::vector<policy_input>& into, const std::vector<policy_input>& others) {
        const policy_input one{.name = name(entry), .title = title(entry)};
        if (find_named(others, std::string_view{one.name}) != others.end())
            report("`" + std::string{std::string_view{one.name}} + "` cannot be a setting and a state");
        add(into, one, most_policy_inputs);
    }

    text name(const json& entry) { return keep_.keep(entry["name"].get<std::string>()); }
    text title(const json& entry) { return keep_.keep(entry.value("title", "")); }
    void report(std::string message) { found_.push_back({file_.name(), file_.line(place_), std::move(message)}); }

    void check_place(const cpuid_bits& where) {
        if (where.msb > 31 || where.lsb > where.msb) report("a register of CPUID has bits 31..0, the higher one first");
    }

    template <class Entry>
    void add(std::vector<Entry>& entries, Entry entry, std::size_t most = none) {
        if (entries.size() >= most) return report("there are more than " + std::to_string(most) + " of its kind");
        const std::string name{std::string_view{entry.name}};
        const auto [place, fresh] =
            known_.places.try_emplace({&entries, name}, file_.name() + ":" + std::to_string(file_.line(place_)));
        if (find_named(entries, name) != entries.end())
            report("`" + name + "` is defined twice: " + (fresh ? "it is built in" : "also at " + place->second));
        entries.push_back(entry);
    }

    const document& file_;
    symbols& known_;
    store& keep_;
    problems& found_;
    std::string place_;
};

// b01xx_0000: a bit pattern, x for any.
std::optional<enumerator> parse_pattern(std::string_view digits) {
    enumerator result{.match = 0, .mask = 0, .name = {}, .title = {}};
    for (const char digit : digits) {
        if (digit == '_') continue;
        result.match = result.match << 1U | (digit == '1' ? 1U : 0U);
        result.mask = result.mask << 1U | (digit == 'x' ? 0U : 1U);
    }
    // Above the written digits all bits must be zero.
    const auto width = std::ranges::count_if(digits, [](char digit) { return digit != '_'; });
    if (width > 64) return std::nullopt;
    if (width < 64) result.mask |= ~std::uint64_t{0} << static_cast<unsigned>(width);
    return result;
}

// 12, 0x0C or a pattern.
std::optional<enumerator> parse_enumerator(std::string_view key) {
    if (key.starts_with('b')) return parse_pattern(key.substr(1));
    const bool hexadecimal = key.starts_with("0x");
    enumerator result;
    const auto* last = key.data() + key.size();
    const auto [end, status] =
        std::from_chars(key.data() + (hexadecimal ? 2 : 0), last, result.match, hexadecimal ? 16 : 10);
    if (end != last || status != std::errc{}) return std::nullopt;
    return result;
}

}  // namespace

std::expected<enumeration_entry, std::string> read_enumeration(const json& values, text name, text title, store& keep) {
    std::vector<enumerator> result;
    for (const auto& [key, meaning] : values.items()) {
        const auto parsed = parse_enumerator(key);
        if (!parsed) return std::unexpected{"the value " + key + " is not one of 64 bits"};
        auto one = *parsed;
        const auto same = [&](const enumerator& other) { return other.match == one.match && other.mask == one.mask; };
        if (std::ranges::any_of(result, same)) return std::unexpected{"the value " + key + " stands twice"};
        const bool brief = meaning.is_string();
        one.name = keep.keep(brief ? meaning.get<std::string>() : meaning["name"].get<std::string>());
        one.title = brief ? text{} : keep.keep(meaning["title"].get<std::string>());
        result.push_back(one);
    }
    return enumeration_entry{.name = name, .title = title, .values = keep.keep(std::move(result))};
}

void read_definitions(const std::vector<document>& files, symbols& known, store& keep, problems& found) {
    const auto all = [&](const char* list, auto read) {
        for (const auto& file : files)
            definition_reader{file, known, keep, found}.each(list, read);
    };
    all("vendors", &definition_reader::vendor);
    all("processors", &definition_reader::processor);
    all("groups", &definition_reader::group);
    all("quantities", &definition_reader::quantity);
    all("features", &definition_reader::feature);
    if (found.empty()) all("features", &definition_reader::prerequisites);
    all("enumerations", &definition_reader::enumeration);
    all("rules", &definition_reader::rule);
    all("settings", &definition_reader::setting);
    all("states", &definition_reader::state);
}

}  // namespace msr::catalogue::load
