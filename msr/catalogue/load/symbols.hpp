// The names that catalogue files define and refer to: those being loaded, after those that were there before.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "msr/catalogue/load/document.hpp"
#include "msr/catalogue/load/expression_parser.hpp"
#include "msr/catalogue/load/store.hpp"
#include "msr/catalogue/words.hpp"

namespace msr::catalogue::load {

/// A field on its way into the tables: positions are settled, expressions still text.
struct draft_field {
    field_entry entry;
    std::string exists;
    std::string outer_exists;  // of the part that it belongs to
    std::string legal;
    std::string value;
    std::string values;             // the enumeration's name
    std::string place;              // JSON pointer
    bool varies_by_itself = false;  // says so itself, whatever its register says
};

struct draft_part {
    std::string name;
    std::string layout;
    int lsb = 0;
};

struct draft_layout {
    layout_entry entry;
    std::vector<draft_field> fields;
    const document* file = nullptr;  // none: it was there before
    std::string place;
};

struct draft_register {
    register_entry entry;
    std::string exists;
    std::string count;
    std::string serialising;
    std::string replaces;  // NAME or NAME@variant
    std::vector<draft_field> fields;
    std::vector<draft_part> parts;
    const document* file = nullptr;
    std::string place;
};

/// Everything known so far. The vectors start as copies of the tables that are extended, so their indices stay.
struct symbols {
    explicit symbols(const tables& base);

    std::vector<vendor_entry> vendors;
    std::vector<processor_entry> processors;
    std::vector<feature_entry> features;
    std::vector<quantity_entry> quantities;
    std::vector<enumeration_entry> enumerations;
    std::vector<rule_entry> rules;
    std::vector<policy_input> settings;
    std::vector<policy_input> states;
    std::vector<draft_layout> layouts;
    std::vector<draft_register> registers;
    view<register_entry> base_registers;
    view<model_entry> base_models;
    std::filesystem::path folder;  // of the files; empty where a text is loaded

    /// Where the files define a name: by list and name. What is in a list and not here was there before.
    std::map<std::pair<const void*, std::string>, std::string> places;

    /// The program for a feature, vendor, processor, quantity, or family, model, stepping.
    [[nodiscard]] std::expected<program, std::string> processor_fact(std::string_view name) const;
};

template <class Entries>
[[nodiscard]] auto find_named(const Entries& entries, std::string_view name) {
    return std::find_if(entries.begin(), entries.end(), [&](const auto& one) { return one.name == name; });
}

[[nodiscard]] inline bool contains(view<text> list, std::string_view name) {
    return std::find_if(list.begin(), list.end(), [&](const text& one) { return one == name; }) != list.end();
}

/// Reads one of the catalogue's words, which the schema has checked, where `key` is given.
template <class Meaning>
void choose(const json& value, const char* key, Meaning& into) {
    if (value.contains(key)) into = *from_word<Meaning>(value[key].template get<std::string>());
}

/// Reads vendors, processors, groups, features, quantities, enumerations, rules, settings and states of all files into
/// `known`.
void read_definitions(const std::vector<document>& files, symbols& known, store& keep, problems& found);

[[nodiscard]] std::expected<enumeration_entry, std::string> read_enumeration(const json& values, text name, text title,
                                                                             store& keep);

/// Reads layouts and registers into drafts.
void read_layouts(const std::vector<document>& files, symbols& known, store& keep, problems& found);
void read_registers(const std::vector<document>& files, symbols& known, store& keep, problems& found);

/// Takes the entries that registers replace out of those that were there before.
void replace_registers(symbols& known, store& keep, problems& found);

/// What a map of fields belongs to.
struct field_owner {
    std::string name;  // of the register or layout: in-place enumerations are named after it
    std::string place;
    const document& file;
};

/// Reads one map of fields, from the top bit down. `parts` receives the stretches with a shared layout.
[[nodiscard]] std::vector<draft_field> read_fields(const json& fields, const field_owner& owner, symbols& known,
                                                   store& keep, std::vector<draft_part>& parts, problems& found);

/// Sorts from the top bit down; alternatives of one range keep their order.
void sort_fields(std::vector<draft_field>& fields, const symbols& known);

/// Compiles the drafts' expressions and makes the final, sorted registers and the layouts.
void finish(symbols& known, store& keep, tables& result, problems& found);

/// Reads how fields of the layouts of `result` depend on each other, and what may stand in lists of registers.
void read_relations(const std::vector<document>& files, const tables& base, store& keep, tables& result,
                    problems& found);

/// Reads the models, whose registers are those of `result`.
void read_models(const std::vector<document>& files, const symbols& known, store& keep, tables& result,
                 problems& found);

}  // namespace msr::catalogue::load
