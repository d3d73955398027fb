#include <algorithm>
#include <utility>

#include "msr/catalogue/load/symbols.hpp"

namespace msr::catalogue::load {

namespace {

msr_list_limit limit_of(std::uint32_t first, std::uint32_t last, std::string_view word) {
    return {.first = first, .last = last, .loaded = word == "allowed", .saved = word != "forbidden"};
}

class relation_reader {
  public:
    relation_reader(const tables& facts, store& keep, problems& found) : facts_{facts}, keep_{keep}, found_{found} {}

    void read(const document& file) {
        file_ = &file;
        each("relations", [&](const json& one) { relate(one); });
        each("msr_lists", [&](const json& one) { limit(one); });
    }

    // One array each, ready to be searched.
    void finish(const tables& base, tables& result) {
        relations_.insert(relations_.begin(), base.relations.begin(), base.relations.end());
        result.relations = keep_.keep(std::move(relations_));
        for (const auto& entry : facts_.registers)
            add_limit_of(entry);
        std::ranges::sort(limits_, {}, &msr_list_limit::first);
        // Two entries at one address are of different CPUs: the stricter one is first, and counts.
        const auto surplus = std::ranges::unique(limits_, {}, &msr_list_limit::first);
        limits_.erase(surplus.begin(), surplus.end());
        result.msr_lists = keep_.keep(std::move(limits_));
    }

    void start(const tables& base) {
        for (const auto& one : base.msr_lists) {
            if (one.first != one.last) limits_.push_back(one);
        }
    }

  private:
    template <class Read>
    void each(const char* list, Read read) {
        const auto place = file_->root().find(list);
        if (place == file_->root().end()) return;
        for (std::size_t at = 0; at < place->size(); ++at) {
            place_ = std::string{"/"} + list + "/" + std::to_string(at);
            read((*place)[at]);
        }
    }

    void report(std::string message) { found_.push_back({file_->name(), file_->line(place_), std::move(message)}); }

    void relate(const json& value) {
        const auto of = place_of(value["field"].get<std::string>());
        const auto source = keep_.keep(value["source"].get<std::string>());
        for (const auto& [spelling, kind] : vocabulary<relation>::words) {
            const std::string word{std::string_view{spelling}};
            if (!value.contains(word)) continue;
            if ((kind == relation::activated_by) != (of.bit == field_place::whole))
                report("a layout is activated by a field; a field needs, excludes or is paired with one");
            for (const auto& other : value[word])
                relations_.push_back(
                    {.of = of, .kind = kind, .other = place_of(other.get<std::string>()), .source = source});
        }
    }

    field_place place_of(const std::string& name) {
        const auto dot = name.find('.');
        const auto layout = find_named(facts_.layouts, name.substr(0, dot));
        if (layout == facts_.layouts.end()) {
            report("unknown layout `" + name.substr(0, dot) + "`");
            return {};
        }
        if (dot == std::string::npos) return {.layout = layout->name};
        const auto field = find_named(layout->fields, name.substr(dot + 1));
        if (field == layout->fields.end() || field->msb.offset != field->lsb.offset) {
            report("`" + name + "` is no field of one bit");
            return {};
        }
        return {.layout = layout->name, .bit = static_cast<std::uint8_t>(field->lsb.offset)};
    }

    void limit(const json& value) {
        const auto one = limit_of(value["first"], value["last"], value["msr_list"].get<std::string>());
        if (one.first > one.last) return report("the range ends before it begins");
        limits_.push_back(one);
    }

    void add_limit_of(const register_entry& entry) {
        for (const auto& by : entry.switched_by) {
            if (by.mechanism != "msr_list" || by.how == "allowed") continue;
            for (std::uint32_t member = 0; member < entry.members; ++member) {
                const auto address = entry.address + member * entry.stride;
                const auto covers = [&](const msr_list_limit& range) {
                    return range.first <= address && address <= range.last;
                };
                if (std::ranges::none_of(limits_, covers))
                    limits_.push_back(limit_of(address, address, std::string_view{by.how}));
            }
        }
    }

    const tables& facts_;
    store& keep_;
    problems& found_;
    const document* file_ = nullptr;
    std::string place_;
    std::vector<field_relation> relations_;
    std::vector<msr_list_limit> limits_;
};

}  // namespace

void read_relations(const std::vector<document>& files, const tables& base, store& keep, tables& result,
                    problems& found) {
    relation_reader reader{result, keep, found};
    reader.start(base);
    for (const auto& file : files)
        reader.read(file);
    reader.finish(base, result);
}

}  // namespace msr::catalogue::load
