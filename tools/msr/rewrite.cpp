#include "tools/msr/rewrite.hpp"

#include <fmt/format.h>

#include "msr/catalogue/words.hpp"
#include "tools/msr/danger.hpp"
#include "tools/msr/refusal.hpp"
#include "tools/msr/write_check.hpp"

namespace tool {

namespace {

using catalogue::access;
using catalogue::variation;

std::string about_register(const catalogue::register_entry& entry) {
    if (entry.access == access::read_only) return "it is read-only";
    if (entry.access != access::read_write) return "a write of it does not just store a value";
    if (!entry.fields_known) return "its fields are not known";
    if (entry.varies == variation::changing) return "it changes by itself";
    if (!entry.locks.empty()) return "it has a lock";
    if (!entry.rules.empty()) return "a write of it does more than its fields say";
    if (entry.scope != catalogue::scope::thread) {
        return fmt::format("it is one register for each {}: what another CPU writes to it meanwhile would be lost",
                           str(catalogue::to_word(entry.scope)));
    }
    return {};
}

std::string about_field(const catalogue::field_entry& field) {
    const auto name = str(field.name);
    if (field.danger != catalogue::danger::not_stated)
        return fmt::format("a write of {} {}", name, danger_in_words(field.danger));
    if (field.varies == variation::changing) return name + " changes by itself";
    if (field.access != access::read_write && field.access != access::read_only)
        return fmt::format("a write of {} does not just store a value", name);
    return {};
}

}  // namespace

std::string why_not_rewritten(const catalogue::target& what, const profile::profile& cpu, std::uint64_t value,
                              host::machine* machine, std::uint32_t number) {
    if (auto why = about_register(*what.entry); !why.empty()) return why;
    const layout fields{*what.entry, cpu};
    for (const auto& field : fields->fields) {
        if (auto why = about_field(*field.entry); !why.empty()) return why;
    }
    const auto answer = check_write(what, cpu, value, value, machine, number);
    if (answer.faults()) {
        return "the CPU would refuse it: " + reason(answer, value, catalogue::name_of(*what.entry, what.member));
    }
    if (answer.result != value) return fmt::format("it would then hold {:#x}", answer.result);
    if (answer.undefined != 0) return fmt::format("what happens to bits {:#x} is not documented", answer.undefined);
    return {};
}

}  // namespace tool
