#include <algorithm>
#include <charconv>

#include "msr/catalogue/load/symbols.hpp"

namespace msr::catalogue::load {

namespace {

class model_reader {
  public:
    model_reader(const document& file, const symbols& known, const tables& facts, store& keep, problems& found)
        : file_{file}, known_{known}, facts_{facts}, keep_{keep}, found_{found} {}

    model_entry read(const json& value, const std::string& place) {
        place_ = place;
        model_entry result{.name = words(value, "name"), .title = words(value, "title")};
        result.canonical_by_paging = value.value("canonical", "") == "by_paging";
        if (value.contains("registers")) result.addresses = addresses_of(value["registers"]);
        std::vector<departure_entry> departures;
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

    view<std::uint32_t> addresses_of(const json& names) {
        std::vector<std::uint32_t> result;
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
        std::ranges::sort(result);
        const auto surplus = std::ranges::unique(result);
        result.erase(surplus.begin(), surplus.end());
        return keep_.keep(std::move(result));
    }

    departure_entry departure(const json& value) {
        departure_entry result{.addresses = addresses_of(value["registers"])};
        if (value.contains("when")) {
            const auto names = [&](std::string_view word, int, int) { return known_.processor_fact(word); };
            auto condition = compile(value["when"].get<std::string>(), names);
            if (condition) {
                result.when = keep_.keep(std::move(*condition));
            } else {
                report(condition.error());
            }
        }
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
        if (word == "kept") return treatment::kept;
        if (word == "canonical") return treatment::canonical;
        if (word == "undefined") return treatment::undefined;
        return treatment::stored;
    }

    view<text> rules(const json& value) {
        std::vector<text> result;
        if (!value.contains("rules")) return {};
        for (const auto& one : value["rules"]) {
            const auto name = one.get<std::string>();
            if (find_named(known_.rules, name) == known_.rules.end()) report("unknown rule `" + name + "`");
            result.push_back(keep_.keep(name));
        }
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
            auto model = model_reader{file, known, result, keep, found}.read((*place)[at], pointer);
            const std::string name{std::string_view{model.name}};
            if (find_named(models, name) != models.end())
                found.push_back({file.name(), file.line(pointer), "`" + name + "` is defined twice"});
            models.push_back(model);
        }
    }
    result.models = keep.keep(std::move(models));
}

}  // namespace msr::catalogue::load
