#include <algorithm>

#include "msr/catalogue/load/symbols.hpp"

namespace msr::catalogue::load {

namespace {

class register_reader {
  public:
    register_reader(const document& file, symbols& known, store& keep, problems& found)
        : file_{file}, known_{known}, keep_{keep}, found_{found} {
        if (const auto topic = file.root().find("topic"); topic != file.root().end())
            topic_ = keep_.keep(topic->get<std::string>());
    }

    void read(const json& value, const std::string& place) {
        place_ = place;
        draft_register result;
        result.file = &file_;
        result.place = place;
        result.exists = value["exists"].get<std::string>();
        result.replaces = value.value("replaces", "");
        describe(value, result.entry);
        result.entry.place = keep_.keep(short_name() + ":" + std::to_string(file_.line(place)));
        locate(value, result);
        behave(value, result);
        if (value["fields"].is_object()) {
            result.entry.fields_known = true;
            const auto name = value["name"].get<std::string>();
            const field_owner owner{.name = name, .place = place, .file = file_};
            result.fields = read_fields(value["fields"], owner, known_, keep_, result.parts, found_);
            settle_variation(value, result);
        }
        read_locks(value, result);
        known_.registers.push_back(std::move(result));
    }

  private:
    void report(std::string message) { found_.push_back({file_.name(), file_.line(place_), std::move(message)}); }

    // Without the folder, which is another on every machine.
    [[nodiscard]] std::string short_name() const {
        if (known_.folder.empty()) return file_.name();
        return std::filesystem::path{file_.name()}.lexically_relative(known_.folder).generic_string();
    }

    text words(const json& value, const char* key) { return keep_.keep(value.value(key, "")); }

    view<text> list(const json& value, const char* key) {
        std::vector<text> result;
        if (value.contains(key)) {
            for (const auto& one : value[key])
                result.push_back(keep_.keep(one.get<std::string>()));
        }
        return keep_.keep(std::move(result));
    }

    void describe(const json& value, register_entry& entry) {
        entry.name = words(value, "name");
        entry.variant = words(value, "variant");
        entry.title = words(value, "title");
        entry.description = words(value, "description");
        entry.topic = topic_;
        entry.aliases = list(value, "aliases");
        entry.sources = list(value, "source");
        entry.rules = list(value, "rules");
        entry.restore_after = list(value, "restore_after");
        for (const auto& rule : entry.rules) {
            if (find_named(known_.rules, rule) == known_.rules.end()) {
                report("unknown rule `" + std::string{std::string_view{rule}} + "`");
            }
        }
    }

    void locate(const json& value, draft_register& result) {
        auto& entry = result.entry;
        if (value.contains("address") == value.contains("family"))
            return report("one of `address` and `family` is needed");
        if (value.contains("address")) {
            entry.address = value["address"];
            return;
        }
        const auto& family = value["family"];
        entry.address = family["base"];
        entry.stride = family["stride"];
        entry.members = family["at_most"];
        entry.first = family.value("first", 0U);
        entry.member = keep_.keep(family.value("member", value["name"].get<std::string>() + "{}"));
        result.count = family.value("count", "");
        if (std::uint64_t{entry.address} + std::uint64_t{entry.stride} * (entry.members - 1) > 0xFFFFFFFFU) {
            report("the family's last address is beyond 32 bits");
        }
    }

    void behave(const json& value, draft_register& result) {
        auto& entry = result.entry;
        choose(value, "scope", entry.scope);
        choose(value, "access", entry.access);
        choose(value, "on_write", entry.on_write);
        choose(value, "varies", entry.varies);
        choose(value, "absent", entry.absent);
        choose(value, "used_in", entry.used_in);
        entry.has_reset = value.contains("reset");
        if (entry.has_reset) entry.reset = value["reset"];
        if (value.contains("serialising")) {
            const auto& serialising = value["serialising"];
            if (serialising.is_string()) result.serialising = serialising.get<std::string>();
            if (serialising == false) result.serialising = "0";
        }
        std::vector<switch_entry> switched;
        if (value.contains("switched_by")) {
            for (const auto& [mechanism, how] : value["switched_by"].items()) {
                switched.push_back({keep_.keep(mechanism), keep_.keep(how.get<std::string>())});
            }
        }
        entry.switched_by = keep_.keep(std::move(switched));
    }

    // A field varies as its register does, unless it says otherwise.
    static void settle_variation(const json& value, draft_register& result) {
        if (!value.contains("varies")) return;
        for (auto& field : result.fields) {
            if (!field.varies_by_itself) field.entry.varies = result.entry.varies;
        }
    }

    void read_locks(const json& value, draft_register& result) {
        std::vector<lock_entry> locks;
        if (!value.contains("lock")) return;
        const auto require = [&](const std::string& name) {
            const auto has = [&](const draft_field& field) { return field.entry.name == name; };
            if (std::ranges::none_of(result.fields, has))
                report("the lock names `" + name + "`, which is no field of it");
        };
        for (const auto& lock : value["lock"]) {
            lock_entry entry{.field = keep_.keep(lock["field"].get<std::string>()),
                             .locks = lock["locks"].is_array() ? list(lock, "locks") : view<text>{},
                             .effect = effect::fault};
            choose(lock, "effect", entry.effect);
            require(lock["field"].get<std::string>());
            for (const auto& locked : entry.locks)
                require(std::string{std::string_view{locked}});
            locks.push_back(entry);
        }
        result.entry.locks = keep_.keep(std::move(locks));
    }

    const document& file_;
    symbols& known_;
    store& keep_;
    problems& found_;
    text topic_;
    std::string place_;
};

}  // namespace

void read_layouts(const std::vector<document>& files, symbols& known, store& keep, problems& found) {
    for (const auto& file : files) {
        const auto list = file.root().find("layouts");
        if (list == file.root().end()) continue;
        for (std::size_t at = 0; at < list->size(); ++at) {
            const auto& value = (*list)[at];
            draft_layout layout;
            layout.file = &file;
            layout.place = "/layouts/" + std::to_string(at);
            layout.entry.name = keep.keep(value["name"].get<std::string>());
            layout.entry.title = keep.keep(value["title"].get<std::string>());
            layout.entry.width = value["width"];
            const field_owner owner{.name = value["name"], .place = layout.place, .file = file};
            std::vector<draft_part> parts;
            layout.fields = read_fields(value["fields"], owner, known, keep, parts, found);
            const auto same = [&](const draft_layout& one) { return one.entry.name == layout.entry.name; };
            if (const auto other = std::ranges::find_if(known.layouts, same); other != known.layouts.end()) {
                const auto where = other->file == nullptr ? std::string{"it is built in"}
                                                          : "also at " + other->file->name() + ":" +
                                                                std::to_string(other->file->line(other->place));
                found.push_back({file.name(), file.line(layout.place), "this layout is defined twice: " + where});
            }
            known.layouts.push_back(std::move(layout));
        }
    }
}

void read_registers(const std::vector<document>& files, symbols& known, store& keep, problems& found) {
    for (const auto& file : files) {
        const auto list = file.root().find("registers");
        if (list == file.root().end()) continue;
        register_reader reader{file, known, keep, found};
        for (std::size_t at = 0; at < list->size(); ++at)
            reader.read((*list)[at], "/registers/" + std::to_string(at));
    }
}

}  // namespace msr::catalogue::load
