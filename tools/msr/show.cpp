// msr show: a register's page in the terminal.

#include <algorithm>

#include <fmt/format.h>

#include "msr/catalogue/expression_text.hpp"
#include "msr/catalogue/words.hpp"
#include "tools/msr/background.hpp"
#include "tools/msr/choose.hpp"
#include "tools/msr/danger.hpp"
#include "tools/msr/values.hpp"
#include "tools/msr/verbs.hpp"

namespace tool {

namespace {

using catalogue::register_entry;
using catalogue::tables;

// 64 bits in two rows, a letter a field; reserved bits are dots.
void print_diagram(const layout& fields) {
    std::string letters(64, '.');
    for (std::size_t at = 0; at < fields->fields.size(); ++at) {
        const auto& field = fields->fields[at];
        for (int bit = field.lsb; bit <= field.msb; ++bit)
            letters[static_cast<std::size_t>(63 - bit)] = static_cast<char>('a' + at % 26);
    }
    for (int top = 63; top > 0; top -= 32) {
        std::string numbers;
        std::string row;
        for (int byte = top; byte > top - 32; byte -= 8) {
            numbers += fmt::format("{:<2}     {:>2} ", byte, byte - 7);
            row += letters.substr(static_cast<std::size_t>(63 - byte), 8) + "  ";
        }
        fmt::print("    {}\n    {}\n", numbers, row);
    }
}

// A field can be no more accessible than its register.
std::string access_of(const catalogue::field_entry& field, const register_entry& owner) {
    const bool whole = owner.access == catalogue::access::read_write;
    return str(catalogue::to_word(whole ? field.access : owner.access));
}

std::string kind_of(const catalogue::field_entry& field, const register_entry& owner, const tables& facts) {
    std::string result = access_of(field, owner);
    if (field.kind == catalogue::field_kind::linear_address) result += ", canonical address";
    if (field.kind == catalogue::field_kind::physical_address) result += ", physical address";
    if (!field.unit.empty()) result += ", in " + str(field.unit);
    if (!field.value.empty()) result += " = " + catalogue::to_text(field.value, facts);
    return result;
}

void print_values(const catalogue::field_entry& field) {
    if (field.values == nullptr) return;
    for (const auto& one : field.values->values) {
        const auto match = one.mask == ~std::uint64_t{0} ? fmt::format("{}", one.match)
                                                         : fmt::format("{:#x}/{:#x}", one.match, one.mask);
        fmt::print("    {:>9}      {} {} {}\n", "", match, std::string_view{one.name}, std::string_view{one.title});
    }
}

void print_field_rows(const layout& fields, const tables& facts) {
    for (std::size_t at = 0; at < fields->fields.size(); ++at) {
        const auto& field = fields->fields[at];
        const auto& entry = *field.entry;
        fmt::print("  {} {:>7}  {:28} {}\n", static_cast<char>('a' + at % 26), bits_of(field),
                   std::string_view{entry.name}, std::string_view{entry.title});
        fmt::print("    {:>9}  {}\n", "", kind_of(entry, *fields->entry, facts));
        if (!entry.exists.empty()) fmt::print("    {:>9}  exists: {}\n", "", catalogue::to_text(entry.exists, facts));
        if (!entry.legal.empty())
            fmt::print("    {:>9}  legal: {}\n", "", catalogue::to_text(entry.legal, facts, fields->entry));
        if (entry.danger != catalogue::danger::not_stated)
            fmt::print("    {:>9}  danger: {}\n", "", danger_in_words(entry.danger));
        if (!entry.description.empty()) fmt::print("    {:>9}  {}\n", "", std::string_view{entry.description});
        print_values(entry);
    }
}

std::string joined(msr::view<msr::text> words) {
    std::string result;
    for (const auto& one : words)
        result += (result.empty() ? "" : ", ") + str(one);
    return result;
}

void print_row(std::string_view what, const std::string& says) {
    if (!says.empty()) fmt::print("  {:<12} {}\n", what, says);
}

std::string serialising(const register_entry& entry, const tables& facts) {
    if (entry.serialising.empty()) return "WRMSR to it serialises";
    const auto when = catalogue::to_text(entry.serialising, facts);
    return when == "0" ? "WRMSR to it does not serialise" : "WRMSR to it serialises if " + when;
}

void print_facts(const register_entry& entry, const tables& facts) {
    if (entry.stride == 0) {
        print_row("address", fmt::format("{:X}H", entry.address));
    } else {
        print_row("addresses",
                  fmt::format("{:X}H + n * {:X}H, {} at most{}", entry.address, entry.stride, entry.members,
                              entry.count.empty() ? "" : "; there are " + catalogue::to_text(entry.count, facts)));
    }
    print_row("also called", joined(entry.aliases));
    print_row("topic", str(entry.topic));
    print_row("exists", catalogue::to_text(entry.exists, facts));
    print_row("access", str(catalogue::to_word(entry.access)));
    print_row("one for each", str(catalogue::to_word(entry.scope)));
    if (entry.has_reset) print_row("reset", hex(entry.reset));
    print_row("varies", str(catalogue::to_word(entry.varies)));
    print_row("write", serialising(entry, facts));
    if (entry.used_in == catalogue::use::user_mode)
        print_row("used in",
                  "user mode, and on the way into the kernel from there: the kernel may run with another value");
    for (const auto& lock : entry.locks) {
        print_row("lock", fmt::format("{} locks {}: a write is then {}", std::string_view{lock.field},
                                      lock.locks.empty() ? "the register" : joined(lock.locks),
                                      lock.effect == catalogue::effect::fault ? "a fault"
                                                                              : str(catalogue::to_word(lock.effect))));
    }
    for (const auto& by : entry.switched_by)
        print_row("switched by", str(by.mechanism) + ": " + str(by.how));
    print_row("restored after", joined(entry.restore_after));
    print_row("rules", joined(entry.rules));
    print_row("source", joined(entry.sources));
    print_row("", str(entry.description));
}

json field_json(const profile::resolved_field& field, const register_entry& owner, const tables& facts) {
    const auto& entry = *field.entry;
    json one{{"name", str(entry.name)},
             {"bits", bits_of(field)},
             {"title", str(entry.title)},
             {"access", access_of(entry, owner)},
             {"kind", str(catalogue::to_word(entry.kind))},
             {"exists", catalogue::to_text(entry.exists, facts)}};
    if (entry.danger != catalogue::danger::not_stated) one["danger"] = str(catalogue::to_word(entry.danger));
    if (!entry.unit.empty()) one["unit"] = str(entry.unit);
    if (!entry.value.empty()) one["value"] = catalogue::to_text(entry.value, facts);
    if (entry.values != nullptr) {
        auto values = json::array();
        for (const auto& value : entry.values->values) {
            values.push_back({{"match", hex(value.match)},
                              {"mask", hex(value.mask)},
                              {"name", str(value.name)},
                              {"title", str(value.title)}});
        }
        one["values"] = std::move(values);
    }
    return one;
}

layout fields_of(const register_entry& entry, const tables& facts, const profile::profile* cpu) {
    return cpu != nullptr ? layout{entry, *cpu} : layout{entry, facts};
}

json page_json(const register_entry& entry, const tables& facts, const profile::profile* cpu) {
    const auto fields = fields_of(entry, facts, cpu);
    json result{{"name", str(entry.name)},
                {"variant", str(entry.variant)},
                {"title", str(entry.title)},
                {"topic", str(entry.topic)},
                {"address", hex(entry.address)},
                {"members", entry.members},
                {"stride", entry.stride},
                {"exists", catalogue::to_text(entry.exists, facts)},
                {"access", str(catalogue::to_word(entry.access))},
                {"scope", str(catalogue::to_word(entry.scope))},
                {"varies", str(catalogue::to_word(entry.varies))},
                {"write", serialising(entry, facts)},
                {"source", joined(entry.sources)},
                {"fields_known", entry.fields_known}};
    if (entry.has_reset) result["reset"] = hex(entry.reset);
    auto list = json::array();
    for (const auto& field : fields->fields)
        list.push_back(field_json(field, entry, facts));
    result["fields"] = std::move(list);
    return result;
}

void print_page(const register_entry& entry, const tables& facts, const profile::profile* cpu) {
    fmt::print("{}{}  {}\n", std::string_view{entry.name}, entry.variant.empty() ? "" : " (" + str(entry.variant) + ")",
               std::string_view{entry.title});
    print_facts(entry, facts);
    if (!entry.fields_known) {
        fmt::print("\n  Only its name is known, not its fields.\n");
        return;
    }
    const auto fields = fields_of(entry, facts, cpu);
    fmt::print("\n");
    print_diagram(fields);
    fmt::print("\n");
    print_field_rows(fields, facts);
}

}  // namespace

exit_code show_verb(int argc, char** argv) {
    common_options options;
    std::string name;
    CLI::App app{"Shows a register's page: address, conditions, fields, sources", "show"};
    add_json(app, options);
    add_optional_source(app, options);
    add_profile(app, options);
    add_catalogue(app, options);
    app.add_option("REGISTER", name, "NAME, alias or address (0x1B)")->required();
    return parse_and_run(app, argc, argv, [&] {
        auto known = background::open(options);
        if (!known) return fail(to_exit_code(known.error().kind), known.error().line());
        const auto which = choose_one(known->facts(), name, known->machine());
        if (!which) return fail(to_exit_code(which.error().kind), which.error().line());
        std::vector<const register_entry*> entries{which->what.entry};
        for (const auto& other : which->others) {
            if (which->cpu != nullptr) break;  // on one CPU, one register stands there
            if (std::ranges::find(entries, other.entry) == entries.end()) entries.push_back(other.entry);
        }
        auto list = json::array();
        for (const auto* entry : entries) {
            if (options.json) {
                list.push_back(page_json(*entry, known->facts(), which->cpu));
            } else {
                if (entry != entries.front()) fmt::print("\n");
                print_page(*entry, known->facts(), which->cpu);
            }
        }
        if (options.json) print(json{{"registers", std::move(list)}});
        return done;
    });
}

}  // namespace tool
