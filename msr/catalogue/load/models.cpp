#include <algorithm>
#include <charconv>

#include "msr/catalogue/load/symbols.hpp"

namespace msr::catalogue::load {

namespace {

class model_reader {
  public:
    model_reader(const document& file, const symbols& known, const tables& facts, store& keep, problems& found)
        : file_{file}, known_{known}, facts_{facts}, keep_{keep}, found_{found} {}

    // `earlier` are the models that this one can extend.

    model_entry read(const json& value, const std::string& place, const std::vector<model_entry>& earlier) {
        place_ = place;
        model_entry result{.name = words(value, "name"), .title = words(value, "title")};
        std::vector<departure_entry> departures;
        std::vector<std::uint32_t> addresses;
        if (const auto* base = base_of(value, earlier)) {
            result.canonical_by_paging = base->canonical_by_paging;
            addresses.assign(base->addresses.begin(), base->addresses.end());
            departures = taken_over(*base, value.value("except", json::array()));
        }
        if (value.contains("canonical")) result.canonical_by_paging = value["canonical"] == "by_paging";
        if (value.contains("registers")) add_addresses(value["registers"], addresses);
        result.addresses = keep_addresses(std::move(addresses));
        if (value.contains("departures")) {
            for (std::size_t at = 0; at < value["departures"].size(); ++at) {
                place_ = place + "/departures/" + std::to_string(at);
                departures.push_back(departure(value["departures"][at]));
            }
        }
        result.departures = keep_.keep(std::move(departures));
        return result;
    }

  private:
    void report(std::string message) { found_.push_back({file_.name(), file_.line(place_), std::move(message)}); }
    text words(const json& value, const char* key) { return keep_.keep(value.value(key, "")); }

    const model_entry* base_of(const json& value, const std::vector<model_entry>& earlier) {
        const auto wanted = value.value("extends", "");
        if (wanted.empty()) {
            if (value.contains("except")) report("`except` goes with `extends`");
            return nullptr;
        }
        const auto base = find_named(earlier, wanted);
        if (base != earlier.end()) return &*base;
        report("there is no model `" + wanted + "` before this one");
        return nullptr;
    }

    std::vector<departure_entry> taken_over(const model_entry& base, const json& except) {
        std::vector<std::uint32_t> dropped;
        add_addresses(except, dropped);
        std::vector<departure_entry> result;
        for (auto row : base.departures) {
            std::vector<std::uint32_t> left;
            std::ranges::copy_if(row.addresses, std::back_inserter(left),
                                 [&](std::uint32_t one) { return std::ranges::find(dropped, one) == dropped.end(); });
            if (left.empty()) continue;
            row.addresses = keep_addresses(std::move(left));
            result.push_back(row);
        }
        return result;
    }

    view<std::uint32_t> addresses_of(const json& names) {
        std::vector<std::uint32_t> result;
        add_addresses(names, result);
        return keep_addresses(std::move(result));
    }

    void add_addresses(const json& names, std::vector<std::uint32_t>& result) {
        for (const auto& name : names) {
            const auto wanted = name.get<std::string>();
            bool found = false;
            for (const auto& entry : facts_.registers) {
                if (entry.name != wanted && !contains(entry.aliases, wanted)) continue;
                result.push_back(entry.address);
                found = true;
            }
            if (!found) report("unknown register `" + wanted + "`");
        }
    }

    view<std::uint32_t> keep_addresses(std::vector<std::uint32_t> all) {
        std::ranges::sort(all);
        const auto surplus = std::ranges::unique(all);
        all.erase(surplus.begin(), surplus.end());
        return keep_.keep(std::move(all));
    }

    expression condition(const json& value, const char* key) {
        if (!value.contains(key)) return {};
        const auto names = [&](std::string_view word, int msb, int lsb) -> std::expected<program, std::string> {
            if (word == "field") return own_bits(std::string_view{key} == "legal", msb, lsb);
            if (word.find('.') != std::string_view::npos) return register_bits(word);
            return known_.processor_fact(word);
        };
        auto result = compile(value[key].get<std::string>(), names);
        if (result) return keep_.keep(std::move(*result));
        report(result.error());
        return {};
    }

    static std::expected<program, std::string> own_bits(bool allowed, int msb, int lsb) {
        if (!allowed) return std::unexpected{"there is no field here"};
        if (msb > 63) return std::unexpected{"a register has bits 63..0"};
        if (msb < 0) return program{{.code = operation::self_bits, .msb = 63}};
        return program{{.code = operation::self_bits,
                        .msb = static_cast<std::uint8_t>(msb),
                        .lsb = static_cast<std::uint8_t>(lsb)}};
    }

    [[nodiscard]] std::expected<program, std::string> register_bits(std::string_view source) const {
        const auto dot = source.find('.');
        for (const auto& entry : facts_.registers) {
            if (entry.name != source.substr(0, dot)) continue;
            for (const auto& field : entry.fields) {
                if (field.name != source.substr(dot + 1)) continue;
                if (field.msb.quantity != none || field.lsb.quantity != none) continue;
                return program{{.code = operation::register_bits,
                                .msb = static_cast<std::uint8_t>(field.msb.offset),
                                .lsb = static_cast<std::uint8_t>(field.lsb.offset),
                                .operand = entry.address}};
            }
        }
        return std::unexpected{"`" + std::string{source} + "` is no field of a register"};
    }

    departure_entry departure(const json& value) {
        departure_entry result{.addresses = addresses_of(value["registers"]), .names = texts(value, "registers")};
        result.when = condition(value, "when");
        result.legal = condition(value, "legal");
        if (const auto by = value.value("by", ""); !by.empty()) result.by = by == "host" ? actor::host : actor::guest;
        direct(value, result);
        omit(value, result.without);
        result.bits = bits(value);
        result.rules = rules(value);
        result.reason = words(value, "reason");
        result.source = words(value, "source");
        return result;
    }

    static void direct(const json& value, departure_entry& result) {
        const auto presence = value.value("presence", "");
        result.present = presence == "always";
        result.absent = presence == "never";
        if (value.contains("read")) {
            result.read_faults = value["read"].is_string();
            result.reads_constant = !result.read_faults;
            if (result.reads_constant) result.constant = value["read"];
        }
        const auto write = value.value("write", "");
        result.write_faults = write == "fault";
        result.write_dropped = write == "dropped";
        result.writable = write == "stored";
    }

    static void omit(const json& value, omissions& result) {
        if (!value.contains("without")) return;
        for (const auto& one : value["without"]) {
            if (one == "canonical") result.canonical = true;
            if (one == "legal") result.legal = true;
            if (one == "locks") result.locks = true;
            if (one == "rules") result.rules = true;
            if (one == "presence") result.presence = true;
        }
    }

    view<bits_departure> bits(const json& value) {
        std::vector<bits_departure> result;
        if (!value.contains("bits")) return {};
        for (const auto& [key, word] : value["bits"].items()) {
            const auto number = [](std::string_view digits) {
                std::uint8_t parsed = 0;
                std::from_chars(digits.data(), digits.data() + digits.size(), parsed);
                return parsed;
            };
            const std::string_view place{key};
            const auto dots = place.find("..");
            const auto msb = number(place.substr(0, dots));
            const auto lsb = dots == std::string_view::npos ? msb : number(place.substr(dots + 2));
            if (msb > 63 || lsb > msb) report("a register has bits 63..0, the higher one first");
            result.push_back({msb, lsb, treatment_of(word.get<std::string>())});
        }
        return keep_.keep(std::move(result));
    }

    static treatment treatment_of(std::string_view word) {
        if (word == "mbz") return treatment::must_be_zero;
        if (word == "ignored") return treatment::ignored;
        if (word == "must_match") return treatment::must_match;
        if (word == "clearable") return treatment::clearable;
        if (word == "settable") return treatment::settable;
        if (word == "kept") return treatment::kept;
        if (word == "canonical") return treatment::canonical;
        if (word == "undefined") return treatment::undefined;
        return treatment::stored;
    }

    view<text> rules(const json& value) {
        const auto result = texts(value, "rules");
        for (const auto& name : result) {
            const std::string word{std::string_view{name}};
            if (find_named(known_.rules, word) == known_.rules.end()) report("unknown rule `" + word + "`");
        }
        return result;
    }

    view<text> texts(const json& value, const char* key) {
        std::vector<text> result;
        if (!value.contains(key)) return {};
        for (const auto& one : value[key])
            result.push_back(keep_.keep(one.get<std::string>()));
        return keep_.keep(std::move(result));
    }

    const document& file_;
    const symbols& known_;
    const tables& facts_;
    store& keep_;
    problems& found_;
    std::string place_;
};

}  // namespace

void read_models(const std::vector<document>& files, const symbols& known, store& keep, tables& result,
                 problems& found) {
    std::vector<model_entry> models(known.base_models.begin(), known.base_models.end());
    for (const auto& file : files) {
        const auto place = file.root().find("models");
        if (place == file.root().end()) continue;
        for (std::size_t at = 0; at < place->size(); ++at) {
            const auto pointer = "/models/" + std::to_string(at);
            auto model = model_reader{file, known, result, keep, found}.read((*place)[at], pointer, models);
            const std::string name{std::string_view{model.name}};
            if (find_named(models, name) != models.end())
                found.push_back(
                    {file.name(), file.line(pointer),
                     "`" + name + "` is defined twice" +
                         (find_named(known.base_models, name) != known.base_models.end() ? ": it is built in" : "")});
            models.push_back(model);
        }
    }
    result.models = keep.keep(std::move(models));
}

}  // namespace msr::catalogue::load
