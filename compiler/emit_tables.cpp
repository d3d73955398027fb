#include "compiler/emit_tables.hpp"

#include <fmt/format.h>

#include "compiler/initialiser.hpp"
#include "compiler/table_arrays.hpp"

namespace msr::compiler {

namespace {

using namespace catalogue;

class table_writer : table_arrays {
  public:
    explicit table_writer(const tables& from) : from_{from} {}

    std::string run() {
        define("vendor_entry", "vendors", from_.vendors, [this](const auto& one) { return vendor(one); });
        define("processor_entry", "processors", from_.processors, [this](const auto& one) { return processor(one); });
        define("feature_entry", "features", from_.features, [this](const auto& one) { return feature(one); });
        define("quantity_entry", "quantities", from_.quantities, [this](const auto& one) { return quantity(one); });
        define("enumeration_entry", "enumerations", from_.enumerations,
               [this](const auto& one) { return enumeration(one); });
        define("layout_entry", "layouts", from_.layouts, [this](const auto& one) { return layout(one); });
        define("rule_entry", "rules", from_.rules,
               [](const auto& one) { return "{" + literal(one.name) + ", " + literal(one.title) + "}"; });
        define("register_entry", "registers", from_.registers, [this](const auto& one) { return entry(one); });
        define("model_entry", "models", from_.models, [this](const auto& one) { return model(one); });
        define("profile_entry", "profiles", from_.profiles, [this](const auto& one) { return profile(one); });
        define("field_relation", "relations", from_.relations, [](const auto& one) { return relation_of(one); });
        define("msr_list_limit", "msr_lists", from_.msr_lists, [](const auto& one) {
            return fmt::format("{{{:#x},{:#x},{},{}}}", one.first, one.last, one.loaded, one.saved);
        });
        const auto input = [](const policy_input& one) {
            return "{" + literal(one.name) + ", " + literal(one.title) + "}";
        };
        define("policy_input", "settings", from_.settings, input);
        define("policy_input", "states", from_.states, input);
        define("policy_entry", "policies", from_.policies, [this](const auto& one) { return policy(one); });
        return "// Generated from the catalogue.\n#include \"msr/catalogue/built_in.hpp\"\n\n"
               "namespace msr::catalogue {\nnamespace {\n" +
               written() +
               "constexpr tables all{vendors, processors, features, quantities, enumerations, layouts, rules, "
               "registers, models, profiles, relations, msr_lists, settings, states, policies};\n"
               "}  // namespace\nconst tables& built_in() { return all; }\n}  // namespace msr::catalogue\n";
    }

  private:
    static std::string where(const cpuid_bits& bits) {
        members all;
        all.number("leaf", bits.leaf);
        all.number("subleaf", bits.subleaf);
        all.choice("reg", bits.reg, cpuid_register::none, "cpuid_register");
        all.number("msb", bits.msb);
        all.number("lsb", bits.lsb);
        all.words("hypervisor", bits.hypervisor);
        return all.braced();
    }

    static std::string relation_of(const field_relation& one) {
        return fmt::format("{{{{{},{}}},static_cast<relation>({}),{{{},{}}},{}}}", literal(one.of.layout), one.of.bit,
                           static_cast<int>(one.kind), literal(one.other.layout), one.other.bit, literal(one.source));
    }

    std::string vendor(const vendor_entry& one) { return "{" + literal(one.name) + ", " + texts(one.signatures) + "}"; }

    std::string processor(const processor_entry& one) {
        const auto matches = list("processor_match", one.matches, [](const processor_match& match) {
            return fmt::format("{{{},{},{},{},{},{}}}", match.vendor, match.family, match.model_first, match.model_last,
                               match.stepping_first, match.stepping_last);
        });
        members all;
        all.words("name", one.name);
        all.words("title", one.title);
        all.raw("matches", matches);
        all.flag("group", one.group);
        return all.braced();
    }

    std::string feature(const feature_entry& one) {
        members all;
        all.words("name", one.name);
        all.words("title", one.title);
        all.raw("where", where(one.where));
        all.raw("condition", code(one.condition));
        all.raw("prerequisites",
                list("std::uint16_t", one.prerequisites, [](std::uint16_t index) { return fmt::format("{}", index); }));
        return all.braced();
    }

    std::string quantity(const quantity_entry& one) {
        members all;
        all.words("name", one.name);
        all.words("title", one.title);
        all.raw("where", where(one.where));
        all.number("minimum", one.minimum);
        all.number("maximum", one.maximum);
        all.number("fallback", one.fallback);
        all.raw("only", numbers(one.only));
        return all.braced();
    }

    std::string enumeration(const enumeration_entry& one) {
        const auto values = list("enumerator", one.values, [](const enumerator& value) {
            return fmt::format("{{{:#x}U,{:#x}U,{},{}}}", value.match, value.mask, literal(value.name),
                               literal(value.title));
        });
        members all;
        all.words("name", one.name);
        all.words("title", one.title);
        all.raw("values", values);
        return all.braced();
    }

    static std::string position(bit_position at) {
        return at.quantity == none ? fmt::format("{{{}}}", at.offset)
                                   : fmt::format("{{{},{}}}", at.offset, at.quantity);
    }

    std::string field(const field_entry& one) {
        members all;
        all.words("name", one.name);
        all.words("title", one.title);
        all.words("description", one.description);
        all.raw("msb", position(one.msb));
        all.raw("lsb", position(one.lsb));
        all.choice("kind", one.kind, field_kind::number, "field_kind");
        all.choice("access", one.access, access::read_write, "access");
        all.choice("on_write", one.on_write, effect::ignored, "effect");
        all.choice("illegal", one.illegal, effect::fault, "effect");
        all.choice("varies", one.varies, variation::constant, "variation");
        all.choice("danger", one.danger, danger::not_stated, "msr::catalogue::danger");
        all.flag("values_exhaust", one.values_exhaust);
        all.number("shift", one.shift);
        all.words("array", one.array);
        all.number("element", one.element);
        all.raw("exists", code(one.exists));
        all.raw("legal", code(one.legal));
        all.raw("value", code(one.value));
        all.words("unit", one.unit);
        if (one.values != nullptr)
            all.raw("values", fmt::format("&enumerations[{}]", one.values - from_.enumerations.data()));
        return all.braced();
    }

    std::string fields(view<field_entry> all) {
        return list("field_entry", all, [this](const field_entry& one) { return field(one); });
    }

    std::string layout(const layout_entry& one) {
        members all;
        all.words("name", one.name);
        all.words("title", one.title);
        all.number("width", one.width, 64);
        all.raw("fields", fields(one.fields));
        return all.braced();
    }

    std::string parts(const register_entry& one) {
        return list("part_entry", one.parts, [this](const part_entry& part) {
            return fmt::format("{{{},&layouts[{}],{}}}", literal(part.name), part.layout - from_.layouts.data(),
                               part.lsb);
        });
    }

    std::string locks(const register_entry& one) {
        return list("lock_entry", one.locks, [this](const lock_entry& lock) {
            members all;
            all.words("field", lock.field);
            all.raw("locks", texts(lock.locks));
            all.choice("effect", lock.effect, effect::fault, "msr::catalogue::effect");
            return all.braced();
        });
    }

    std::string entry(const register_entry& one) {
        members all;
        all.words("name", one.name);
        all.words("variant", one.variant);
        all.words("title", one.title);
        all.words("description", one.description);
        all.words("topic", one.topic);
        all.raw("aliases", texts(one.aliases));
        all.number("address", one.address);
        all.number("stride", one.stride);
        all.number("members", one.members, 1);
        all.number("first", one.first);
        all.words("member", one.member);
        all.raw("count", code(one.count));
        all.raw("exists", code(one.exists));
        all.choice("scope", one.scope, scope::thread, "msr::catalogue::scope");
        all.choice("access", one.access, access::read_write, "msr::catalogue::access");
        all.choice("on_write", one.on_write, effect::fault, "effect");
        all.choice("absent", one.absent, field_kind::must_be_zero, "field_kind");
        all.choice("varies", one.varies, variation::constant, "variation");
        all.choice("used_in", one.used_in, use::everywhere, "use");
        all.flag("fields_known", one.fields_known);
        all.flag("has_reset", one.has_reset);
        all.number("reset", one.reset);
        all.raw("serialising", code(one.serialising));
        all.raw("fields", fields(one.fields));
        all.raw("parts", parts(one));
        all.raw("locks", locks(one));
        all.raw("rules", texts(one.rules));
        all.raw("switched_by", list("switch_entry", one.switched_by, [](const switch_entry& by) {
                    return "{" + literal(by.mechanism) + "," + literal(by.how) + "}";
                }));
        all.raw("restore_after", texts(one.restore_after));
        all.raw("sources", texts(one.sources));
        all.words("place", one.place);
        return all.braced();
    }

    std::string departure(const departure_entry& one) {
        members all;
        all.raw("addresses", numbers(one.addresses));
        all.raw("names", texts(one.names));
        all.raw("when", code(one.when));
        all.choice("by", one.by, actor::both, "actor");
        all.flag("present", one.present);
        all.flag("absent", one.absent);
        all.flag("read_faults", one.read_faults);
        all.flag("write_faults", one.write_faults);
        all.flag("write_dropped", one.write_dropped);
        all.flag("reads_constant", one.reads_constant);
        all.flag("writable", one.writable);
        all.number("constant", one.constant);
        const auto& without = one.without;
        all.raw("without", fmt::format("{{{},{},{},{},{}}}", without.canonical, without.legal, without.locks,
                                       without.rules, without.presence));
        all.raw("bits", list("bits_departure", one.bits, [](const bits_departure& bits) {
                    return fmt::format("{{{},{},static_cast<treatment>({})}}", bits.msb, bits.lsb,
                                       static_cast<int>(bits.as));
                }));
        all.raw("legal", code(one.legal));
        all.raw("rules", texts(one.rules));
        all.words("reason", one.reason);
        all.words("source", one.source);
        return all.braced();
    }

    std::string model(const model_entry& one) {
        members all;
        all.words("name", one.name);
        all.words("title", one.title);
        all.flag("canonical_by_paging", one.canonical_by_paging);
        all.raw("addresses", numbers(one.addresses));
        all.raw("departures",
                list("departure_entry", one.departures, [this](const departure_entry& row) { return departure(row); }));
        return all.braced();
    }

    std::string profile(const profile_entry& one) {
        const auto cpuid = list("cpuid_leaf", one.cpuid, [](const cpuid_leaf& leaf) {
            const auto& [eax, ebx, ecx, edx] = leaf.answer;
            return fmt::format("{{{:#x}U,{:#x}U,{{{:#x}U,{:#x}U,{:#x}U,{:#x}U}}}}", leaf.leaf, leaf.subleaf, eax, ebx,
                               ecx, edx);
        });
        const auto registers = list("known_register", one.registers, [](const known_register& known) {
            return fmt::format("{{{:#x}U,{:#x}U}}", known.address, known.value);
        });
        members all;
        all.words("name", one.name);
        all.words("title", one.title);
        all.raw("cpuid", cpuid);
        all.raw("registers", registers);
        all.raw("sources", texts(one.sources));
        return all.braced();
    }

    std::string row(const policy_row& one) {
        members all;
        all.raw("registers", list("policy_registers", one.registers, [](const policy_registers& these) {
                    return fmt::format("{{{},{:#x},{:#x},{:#x}}}", literal(these.name), these.first, these.stride,
                                       these.count);
                }));
        all.flag("reads", one.reads);
        all.flag("writes", one.writes);
        all.flag("passes", one.passes);
        all.raw("filtered", one.filtered ? "" : "false");
        all.raw("when", code(one.when));
        all.raw("members", code(one.members));
        all.words("safe", one.safe);
        all.words("worth", one.worth);
        all.words("reason", one.reason);
        all.words("policy", one.policy);
        all.number("line", one.line);
        return all.braced();
    }

    std::string policy(const policy_entry& one) {
        members all;
        all.words("name", one.name);
        all.words("title", one.title);
        all.choice("on", one.on, extension::any, "extension");
        all.words("extends", one.extends);
        all.raw("rows", list("policy_row", one.rows, [this](const policy_row& each) { return row(each); }));
        all.raw("sources", texts(one.sources));
        return all.braced();
    }

    const tables& from_;
};

}  // namespace

std::string tables_source(const tables& from) {
    return table_writer{from}.run();
}

}  // namespace msr::compiler
