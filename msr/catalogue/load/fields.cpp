#include <algorithm>
#include <charconv>

#include "msr/catalogue/bits.hpp"
#include "msr/catalogue/evaluate.hpp"
#include "msr/catalogue/load/symbols.hpp"
#include "msr/catalogue/words.hpp"

namespace msr::catalogue::load {

namespace {

// Both key forms that the schema admits, taken apart.
struct field_key {
    std::string array;  // NAME of NAME[first..last]; empty for a bit range
    int first = 0;
    int last = 0;
    std::string msb;
    std::string lsb;
};

field_key parse_key(const std::string& key) {
    field_key result;
    const auto dots = key.find("..");
    if (const auto bracket = key.find('['); bracket != std::string::npos) {
        result.array = key.substr(0, bracket);
        result.first = std::stoi(key.substr(bracket + 1));
        result.last = std::stoi(key.substr(dots + 2));
    } else {
        result.msb = key.substr(0, dots);
        result.lsb = dots == std::string::npos ? key : key.substr(dots + 2);
    }
    return result;
}

struct no_context {
    static bool feature(std::uint32_t) { return false; }
    static bool vendor(std::uint32_t) { return false; }
    static bool processors(std::uint32_t) { return false; }
    static std::uint32_t quantity(std::uint32_t) { return 0; }
    static std::uint32_t family() { return 0; }
    static std::uint32_t model() { return 0; }
    static std::uint32_t stepping() { return 0; }
    static std::uint64_t self_bits(int, int) { return 0; }
    static std::optional<std::uint64_t> register_bits(std::uint32_t, int, int) { return std::nullopt; }
};

class field_reader {
  public:
    field_reader(const field_owner& owner, symbols& known, store& keep, std::vector<draft_part>& parts, problems& found)
        : owner_{owner}, known_{known}, keep_{keep}, parts_{parts}, found_{found} {}

    std::vector<draft_field> read(const json& fields) {
        for (const auto& [key, value] : fields.items()) {
            place_ = owner_.place + "/fields/" + key;
            const auto parsed = parse_key(key);
            if (parsed.array.empty()) {
                range(parsed, value);
            } else {
                array(parsed, value);
            }
        }
        sort_fields(result_, known_);
        return std::move(result_);
    }

  private:
    void report(std::string message) {
        found_.push_back({owner_.file.name(), owner_.file.line(place_), std::move(message)});
    }

    void range(const field_key& key, const json& value) {
        const auto msb = position(key.msb);
        const auto lsb = position(key.lsb);
        if (!msb || !lsb) return;
        if (value.is_array()) {
            for (const auto& alternative : value)
                one(alternative, *msb, *lsb);
        } else {
            one(value, *msb, *lsb);
        }
    }

    void array(const field_key& key, const json& value) {
        if (!value.contains("bits")) return report("an array needs `bits`, as \"8*i+7..8*i\"");
        if (key.first > key.last || key.last > 63) return report("an array's numbers ascend, up to 63");
        const auto bits = value["bits"].get<std::string>();
        const auto dots = bits.find("..");
        for (int i = key.first; i <= key.last; ++i) {
            const auto msb = element_bit(bits.substr(0, dots), i);
            const auto lsb = dots == std::string::npos ? msb : element_bit(bits.substr(dots + 2), i);
            if (!msb || !lsb) return;
            auto element = value;
            element.erase("bits");
            if (!element.contains("reserved")) element["name"] = element_name(key, value, i);
            const auto before = result_.size();
            one(element, *msb, *lsb);
            for (auto at = before; at < result_.size(); ++at) {
                auto& field = result_[at];
                field.entry.array = is_reserved(field.entry) ? text{} : keep_.keep(key.array);
                field.entry.element = static_cast<std::uint16_t>(i);
            }
        }
    }

    static std::string element_name(const field_key& key, const json& value, int i) {
        auto name = value.value("element", key.array + "{}");
        return name.replace(name.find("{}"), 2, std::to_string(i));
    }

    std::optional<bit_position> element_bit(const std::string& source, int i) {
        const auto names = [&](std::string_view name, int, int) -> std::expected<program, std::string> {
            if (name != "i") return std::unexpected{"bits of an array are a function of i"};
            return program{{.code = operation::number, .operand = static_cast<std::uint64_t>(i)}};
        };
        const auto code = compile(source, names);
        if (!code) {
            report(code.error());
            return std::nullopt;
        }
        const auto bit = evaluate<std::int64_t>(*code, no_context{});
        if (!bit.known || bit.value < 0 || bit.value > 63) {
            report("bit " + source + " is outside 63..0 for i = " + std::to_string(i));
            return std::nullopt;
        }
        return bit_position{static_cast<std::int16_t>(bit.value)};
    }

    // 12, MAXPHYADDR-1 or 32+FIXED_COUNTERS
    std::optional<bit_position> position(const std::string& source) {
        bit_position result;
        std::size_t at = 0;
        while (at < source.size()) {
            const int sign = source[at] == '-' ? -1 : 1;
            if (source[at] == '-' || source[at] == '+') ++at;
            const auto end = std::min(source.find_first_of("+-", at), source.size());
            const auto term = source.substr(at, end - at);
            at = end;
            if (!term.empty() && term.find_first_not_of("0123456789") == std::string::npos && term.size() < 4) {
                result.offset = static_cast<std::int16_t>(result.offset + sign * std::stoi(term));
                continue;
            }
            const auto quantity = find_named(known_.quantities, term);
            if (quantity == known_.quantities.end() || result.quantity != none || sign < 0) {
                report("`" + source + "` is no bit position: a number, or a quantity plus or minus a number");
                return std::nullopt;
            }
            result.quantity = static_cast<std::uint16_t>(quantity - known_.quantities.begin());
        }
        if (result.quantity == none && result.offset > 63) {
            report("bit " + source + " is above 63");
            return std::nullopt;
        }
        return result;
    }

    void one(const json& value, bit_position msb, bit_position lsb) {
        draft_field field;
        field.place = place_;
        field.entry.msb = msb;
        field.entry.lsb = lsb;
        if (value.is_string()) {
            const auto word = value.get<std::string>();
            if (const auto kind = from_word<field_kind>(word)) {
                field.entry.kind = *kind;
            } else {
                field.entry.name = keep_.keep(word);
            }
            result_.push_back(std::move(field));
            return;
        }
        field.exists = value.value("exists", "");
        if (value.contains("layout")) return part(value, field);
        if (value.contains("reserved")) {
            choose(value, "reserved", field.entry.kind);
        } else if (value.contains("name")) {
            describe(value, field);
        } else {
            return report("a field needs a name");
        }
        result_.push_back(std::move(field));
    }

    void describe(const json& value, draft_field& field) {
        auto& entry = field.entry;
        entry.name = keep_.keep(value["name"].get<std::string>());
        entry.title = keep_.keep(value.value("title", ""));
        entry.description = keep_.keep(value.value("description", ""));
        entry.unit = keep_.keep(value.value("unit", ""));
        entry.shift = value.value("shift", std::uint8_t{0});
        choose(value, "kind", entry.kind);
        choose(value, "access", entry.access);
        choose(value, "illegal", entry.illegal);
        choose(value, "varies", entry.varies);
        choose(value, "danger", entry.danger);
        field.varies_by_itself = value.contains("varies");
        if (value.contains("on_write"))
            entry.on_write = value["on_write"] == "must_match" ? effect::fault : effect::ignored;
        if (value.contains("on_write") && entry.access != access::read_only) report("`on_write` is for `access: ro`");
        field.legal = value.value("legal", "");
        field.value = value.value("value", "");
        if (!value.contains("values")) return;
        entry.values_exhaust = value.contains("illegal");
        field.values = value["values"].is_string() ? value["values"].get<std::string>() : in_place(value);
    }

    std::string in_place(const json& value) {
        auto name = owner_.name + "_" + value["name"].get<std::string>();
        std::ranges::transform(name, name.begin(), [](unsigned char letter) { return std::tolower(letter); });
        const auto title = value.value("title", value["name"].get<std::string>());
        const auto values = read_enumeration(value["values"], keep_.keep(name), keep_.keep(title), keep_);
        const auto there = std::ranges::find_if(known_.enumerations, [&](const auto& one) { return one.name == name; });
        if (!values) {
            report(values.error());
        } else if (there == known_.enumerations.end()) {
            known_.enumerations.push_back(*values);
        } else if (goes_with_replaced(*there)) {
            *there = *values;
        } else {
            report("these values would be the enumeration `" + name +
                   "`, which there is already: define them under `enumerations`, and name them here");
        }
        return name;
    }

    // A register that is replaced takes what it alone defines with it.
    [[nodiscard]] bool goes_with_replaced(const enumeration_entry& values) const {
        return owner_.replaced != nullptr &&
               std::ranges::any_of(owner_.replaced->fields, [&](const field_entry& field) {
                   return field.values != nullptr && field.values->values.data() == values.values.data();
               });
    }

    void part(const json& value, const draft_field& around) {
        if (around.entry.lsb.quantity != none || around.entry.msb.quantity != none)
            return report("a layout cannot stand at bits that follow a quantity");
        const auto wanted = value["layout"].get<std::string>();
        const auto layout =
            std::ranges::find_if(known_.layouts, [&](const auto& one) { return one.entry.name == wanted; });
        if (layout == known_.layouts.end()) return report("unknown layout `" + wanted + "`");
        const int lsb = around.entry.lsb.offset;
        if (around.entry.msb.offset - lsb + 1 != layout->entry.width)
            return report("`" + wanted + "` is of another width");
        const auto name = value.value("name", "");
        parts_.push_back({name, wanted, lsb});
        for (auto field : layout->fields) {
            field.place = place_;
            field.outer_exists = around.exists;
            shift(field.entry, lsb);
            if (!name.empty() && !is_reserved(field.entry)) {
                field.entry.name = keep_.keep(name + "." + std::string{std::string_view{field.entry.name}});
                if (!field.entry.array.empty()) {
                    field.entry.array = keep_.keep(name + "." + std::string{std::string_view{field.entry.array}});
                }
            }
            result_.push_back(std::move(field));
        }
    }

    // A layout that was compiled before has programs over its own bits.
    void shift(field_entry& field, int by) {
        field.msb.offset = static_cast<std::int16_t>(field.msb.offset + by);
        field.lsb.offset = static_cast<std::int16_t>(field.lsb.offset + by);
        for (auto* code : {&field.exists, &field.legal, &field.value}) {
            program shifted(code->begin(), code->end());
            for (auto& step : shifted) {
                if (step.code != operation::self_bits) continue;
                step.msb = static_cast<std::uint8_t>(step.msb + by);
                step.lsb = static_cast<std::uint8_t>(step.lsb + by);
            }
            *code = keep_.keep(std::move(shifted));
        }
    }

    const field_owner& owner_;
    symbols& known_;
    store& keep_;
    std::vector<draft_part>& parts_;
    problems& found_;
    std::string place_;
    std::vector<draft_field> result_;
};

}  // namespace

std::vector<draft_field> read_fields(const json& fields, const field_owner& owner, symbols& known, store& keep,
                                     std::vector<draft_part>& parts, problems& found) {
    return field_reader{owner, known, keep, parts, found}.read(fields);
}

void sort_fields(std::vector<draft_field>& fields, const symbols& known) {
    const auto smallest = [&](std::uint16_t quantity) { return known.quantities[quantity].minimum; };
    std::ranges::stable_sort(fields, [&](const draft_field& left, const draft_field& right) {
        const auto lsb = [&](const draft_field& one) { return place(one.entry.lsb, smallest); };
        const auto msb = [&](const draft_field& one) { return place(one.entry.msb, smallest); };
        return lsb(left) != lsb(right) ? lsb(left) > lsb(right) : msb(left) > msb(right);
    });
}

}  // namespace msr::catalogue::load
