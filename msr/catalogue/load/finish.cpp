#include <algorithm>
#include <set>

#include "msr/catalogue/load/symbols.hpp"

namespace msr::catalogue::load {

namespace {

// REGISTER.FIELD or REGISTER@variant.FIELD; a part's field has a dot of its own.
struct reference {
    std::string_view name;
    std::string_view variant;
    std::string_view field;
    bool any_variant = true;
};

reference parse_reference(std::string_view source) {
    reference result;
    const auto dot = source.find('.');
    result.name = source.substr(0, dot);
    result.field = source.substr(dot + 1);
    if (const auto at = result.name.find('@'); at != std::string_view::npos) {
        result.variant = result.name.substr(at + 1);
        result.name = result.name.substr(0, at);
        result.any_variant = false;
    }
    return result;
}

bool is_called(const register_entry& entry, const reference& wanted) {
    if (!wanted.any_variant && entry.variant != wanted.variant) return false;
    return entry.name == wanted.name || contains(entry.aliases, wanted.name);
}

// A program over a register's own bits, as seen from another register.
program from_outside(expression code, std::uint32_t address) {
    program result(code.begin(), code.end());
    for (auto& step : result) {
        if (step.code == operation::self_bits)
            step = {.code = operation::register_bits, .msb = step.msb, .lsb = step.lsb, .operand = address};
    }
    return result;
}

class finisher {
  public:
    finisher(symbols& known, store& keep, problems& found) : known_{known}, keep_{keep}, found_{found} {}

    void run(tables& result) {
        result.vendors = keep_.keep(known_.vendors);
        result.enumerations = keep_.keep(known_.enumerations);
        std::vector<layout_entry> layouts;
        for (auto& layout : known_.layouts)
            layouts.push_back(finish_layout(layout, result));
        result.layouts = keep_.keep(std::move(layouts));
        std::vector<register_entry> registers(known_.base_registers.begin(), known_.base_registers.end());
        for (auto& draft : known_.registers)
            registers.push_back(finish_register(draft, result));
        std::ranges::stable_sort(registers, {}, [](const auto& one) { return one.address; });
        result.registers = keep_.keep(std::move(registers));
        result.processors = keep_.keep(known_.processors);
        result.features = keep_.keep(known_.features);
        result.quantities = keep_.keep(known_.quantities);
        result.rules = keep_.keep(known_.rules);
        result.settings = keep_.keep(known_.settings);
        result.states = keep_.keep(known_.states);
    }

  private:
    // What an expression belongs to.
    struct site {
        const document& file;
        const std::string& place;
        const draft_field* field = nullptr;
        bool scaled = false;              // a formula: references stand for scaled values
        draft_register* owner = nullptr;  // whose own fields are meant by its name
    };

    void report(const site& where, const std::string& message) {
        found_.push_back({where.file.name(), where.file.line(where.place), message});
    }

    expression compile_at(const site& where, const std::string& source) {
        if (source.empty()) return {};
        const auto names = [&](std::string_view name, int msb, int lsb) { return resolve(where, name, msb, lsb); };
        auto code = compile(source, names);
        if (!code) {
            report(where, code.error());
            return {};
        }
        return keep_.keep(std::move(*code));
    }

    std::expected<program, std::string> resolve(const site& where, std::string_view name, int msb, int lsb) {
        if (name == "field") return own_bits(where, msb, lsb);
        if (msb >= 0) return std::unexpected{"only `field` has bits to choose from"};
        if (name == "i" && where.field != nullptr && !where.field->entry.array.empty()) {
            return program{{.code = operation::number, .operand = where.field->entry.element}};
        }
        if (name.find('.') != std::string_view::npos) {
            const auto wanted = parse_reference(name);
            // Within a family, the name means the member at hand, not the first one.
            if (where.owner != nullptr && is_called(where.owner->entry, wanted))
                return sibling_bits(where, wanted.field);
            return foreign_bits(name, where.scaled);
        }
        return known_.processor_fact(name);
    }

    static std::expected<program, std::string> own_bits(const site& where, int msb, int lsb) {
        if (where.field == nullptr) return std::unexpected{"there is no field here"};
        const auto& field = where.field->entry;
        if (field.msb.quantity != none || field.lsb.quantity != none) {
            return std::unexpected{"the field's place follows a quantity: it cannot be computed with"};
        }
        const int first = field.lsb.offset + std::max(lsb, 0);
        const int last = msb < 0 ? field.msb.offset : field.lsb.offset + msb;
        if (last > field.msb.offset) return std::unexpected{"the field has no bit " + std::to_string(msb)};
        return program{{.code = operation::self_bits,
                        .msb = static_cast<std::uint8_t>(last),
                        .lsb = static_cast<std::uint8_t>(first)}};
    }

    std::expected<program, std::string> sibling_bits(const site& where, std::string_view name) {
        const auto sibling =
            std::ranges::find_if(where.owner->fields, [&](const auto& one) { return one.entry.name == name; });
        if (sibling == where.owner->fields.end())
            return std::unexpected{"`" + std::string{name} + "` is no field of it"};
        if (where.scaled) {
            const auto value = formula(*where.owner, *sibling);
            if (!value.empty()) return program(value.begin(), value.end());
        }
        return own_bits({where.file, where.place, &*sibling}, -1, -1);
    }

    std::expected<program, std::string> foreign_bits(std::string_view source, bool scaled) {
        const auto wanted = parse_reference(source);
        std::optional<program> meaning;
        bool known_register = false;
        const auto consider = [&](const register_entry& entry, const field_entry& field, expression value) -> bool {
            if (field.name != wanted.field) return true;
            auto code = scaled && !value.empty() ? from_outside(value, entry.address) : raw_bits(entry, field);
            const bool same = !meaning || equal(*meaning, code);
            meaning = std::move(code);
            return same;
        };
        bool unambiguous = true;
        for (const auto& entry : known_.base_registers) {
            if (!is_called(entry, wanted)) continue;
            known_register = true;
            for (const auto& field : entry.fields)
                unambiguous = consider(entry, field, field.value) && unambiguous;
        }
        for (auto& draft : known_.registers) {
            if (!is_called(draft.entry, wanted)) continue;
            known_register = true;
            for (auto& field : draft.fields) {
                if (field.entry.name != wanted.field) continue;
                if (field.entry.lsb.quantity != none || field.entry.msb.quantity != none) {
                    return std::unexpected{"`" + std::string{source} + "` stands at bits that follow a quantity"};
                }
                const auto value = scaled ? formula(draft, field) : expression{};
                unambiguous = consider(draft.entry, field.entry, value) && unambiguous;
            }
        }
        if (!known_register) return std::unexpected{"unknown register `" + std::string{wanted.name} + "`"};
        if (!meaning) return std::unexpected{"`" + std::string{source} + "` is no field of that register"};
        if (!unambiguous) {
            return std::unexpected{"`" + std::string{source} +
                                   "` means different bits or units on different processors: "
                                   "write NAME@variant.FIELD"};
        }
        return *meaning;
    }

    static program raw_bits(const register_entry& entry, const field_entry& field) {
        return {{.code = operation::register_bits,
                 .msb = static_cast<std::uint8_t>(field.msb.offset),
                 .lsb = static_cast<std::uint8_t>(field.lsb.offset),
                 .operand = entry.address}};
    }

    static bool equal(const program& left, const program& right) {
        return std::ranges::equal(left, right, [](const instruction& one, const instruction& other) {
            return one.code == other.code && one.msb == other.msb && one.lsb == other.lsb &&
                   one.operand == other.operand;
        });
    }

    // The field's formula, compiled when first asked for: another register's may need it before its turn.
    expression formula(draft_register& draft, draft_field& field) {
        if (field.value.empty()) return field.entry.value;
        if (!compiling_.insert(&field).second) {
            report({*draft.file, field.place}, "the formula refers to itself");
            return {};
        }
        field.entry.value = compile_at({*draft.file, field.place, &field, true, &draft}, field.value);
        field.value.clear();
        compiling_.erase(&field);
        return field.entry.value;
    }

    expression conjunction(const site& where, expression left, expression right) {
        if (left.empty()) return right;
        if (right.empty()) return left;
        program both(left.begin(), left.end());
        both.insert(both.end(), right.begin(), right.end());
        both.push_back({.code = operation::logical_and});
        if (!fits(both)) report(where, "the conditions of the part and of its field together nest too deeply");
        return keep_.keep(std::move(both));
    }

    field_entry finish_field(const document& file, draft_field& field, const tables& result, draft_register* owner) {
        const site where{file, field.place, &field, false, owner};
        auto& entry = field.entry;
        if (!field.exists.empty()) entry.exists = compile_at(where, field.exists);
        entry.exists = conjunction(where, compile_at(where, field.outer_exists), entry.exists);
        if (!field.legal.empty()) entry.legal = compile_at(where, field.legal);
        if (!field.values.empty()) {
            const auto values = find_named(result.enumerations, field.values);
            if (values == result.enumerations.end()) {
                report(where, "unknown enumeration `" + field.values + "`");
            } else {
                entry.values = values;
            }
        }
        return entry;
    }

    layout_entry finish_layout(draft_layout& layout, const tables& result) {
        if (layout.file == nullptr) return layout.entry;
        std::vector<field_entry> fields;
        for (auto field : layout.fields) {
            if (!field.value.empty()) {
                field.entry.value = compile_at({*layout.file, field.place, &field, true}, field.value);
            }
            fields.push_back(finish_field(*layout.file, field, result, nullptr));
        }
        layout.entry.fields = keep_.keep(std::move(fields));
        return layout.entry;
    }

    register_entry finish_register(draft_register& draft, const tables& result) {
        auto& entry = draft.entry;
        const site where{*draft.file, draft.place};
        entry.exists = compile_at(where, draft.exists);
        entry.count = compile_at(where, draft.count);
        entry.serialising = compile_at(where, draft.serialising);
        std::vector<field_entry> fields;
        for (auto& field : draft.fields) {
            static_cast<void>(formula(draft, field));
            fields.push_back(finish_field(*draft.file, field, result, &draft));
        }
        entry.fields = keep_.keep(std::move(fields));
        std::vector<part_entry> parts;
        for (const auto& part : draft.parts) {
            parts.push_back({.name = keep_.keep(part.name),
                             .layout = find_named(result.layouts, part.layout),
                             .lsb = static_cast<std::uint8_t>(part.lsb)});
        }
        entry.parts = keep_.keep(std::move(parts));
        return entry;
    }

    symbols& known_;
    store& keep_;
    problems& found_;
    std::set<const draft_field*> compiling_;
};

}  // namespace

void finish(symbols& known, store& keep, tables& result, problems& found) {
    finisher{known, keep, found}.run(result);
}

}  // namespace msr::catalogue::load
