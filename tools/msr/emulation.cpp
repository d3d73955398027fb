#include "tools/msr/emulation.hpp"

#include <fmt/format.h>

#include "msr/catalogue/lookup.hpp"
#include "msr/rules/all.hpp"
#include "msr/rules/follow_paging.hpp"
#include "tools/msr/refusal.hpp"
#include "tools/msr/session.hpp"
#include "tools/msr/values.hpp"

namespace tool {

emulation::emulation(const profile::profile& cpu, const catalogue::model_entry* model, bool as_json)
    : table_{cpu, {.model = model, .rules = msr::rules::all}},
      values_(table_->initial().size()),
      guest_{*table_, table_.cpu(), values_.data()},
      as_json_{as_json} {}

exit_code emulation::run(std::istream& from, std::FILE* answers, std::FILE* complaints) {
    const auto wrong = [&](std::size_t line, const script::mistake& what) {
        fmt::print(complaints, "msr: line {}, column {}: {}\n", line, what.column, what.what);
        return bad_usage;
    };
    std::string line;
    for (std::size_t number = 1; std::getline(from, line); ++number) {
        const auto parsed = script::parse(line);
        if (!parsed) return wrong(number, parsed.error());
        if (!*parsed) continue;
        const auto said = perform(**parsed);
        if (!said) return wrong(number, said.error());
        fmt::print(answers, "{}\n", *said);
        // Whoever drives this through a pipe waits for the answer.
        if (std::fflush(answers) != 0) {
            fmt::print(complaints, "msr: the answers cannot be written\n");
            return no_access;
        }
    }
    if (from.bad()) {
        fmt::print(complaints, "msr: standard input cannot be read\n");
        return no_access;
    }
    if (const auto unknown = guest_.unknown_accesses(); unknown != 0) {
        fmt::print(complaints, "msr: {} access{} to registers that this CPU does not have\n", unknown,
                   unknown == 1 ? "" : "es");
    }
    return done;
}

std::expected<emulation::place, script::mistake> emulation::locate(const script::operation& asked) const {
    const auto targets = catalogue::find_by_name(table_.cpu().facts(), asked.name);
    if (!targets) return std::unexpected{script::mistake{asked.column, targets.error()}};
    if (targets->empty()) {
        const auto address = catalogue::parse_address(asked.name);
        if (!address) return std::unexpected{script::mistake{asked.column, address.error()}};
        return place{*address, hex(*address)};
    }
    const auto* here = on_cpu(*targets, table_.cpu());
    const auto& which = here != nullptr ? *here : targets->front();
    if (which.field != nullptr)
        return std::unexpected{script::mistake{asked.column, "a whole register is read or written, not a field"}};
    return place{which.address(), catalogue::name_of(*which.entry, which.member)};
}

std::expected<std::string, script::mistake> emulation::perform(const script::operation& asked) {
    if (asked.what == script::verb::reset || asked.what == script::verb::set) {
        if (asked.what == script::verb::reset) {
            guest_.reset();
        } else {
            guest_.around().state.*asked.state->member = asked.value != 0;
            msr::rules::follow_paging(guest_.around());
        }
        return as_json_ ? json{{"operation", asked.word()}, {"ok", true}}.dump() : "ok";
    }
    const auto where = locate(asked);
    if (!where) return std::unexpected{where.error()};
    return answer(asked, *where,
                  asked.writes() ? guest_.explained_write(where->address, asked.value, asked.by_host())
                                 : guest_.explained_read(where->address, asked.by_host()));
}

std::string emulation::answer(const script::operation& asked, const place& where,
                              const profile::verdict& verdict) const {
    const auto why = reason(verdict, asked.value, where.name);
    if (!as_json_) return verdict.faults() ? "fault #GP(0) " + why : fmt::format("ok {:#x}", verdict.result);
    json line{
        {"operation", asked.word()}, {"name", where.name}, {"address", hex(where.address)}, {"ok", !verdict.faults()}};
    if (verdict.faults()) {
        line["fault"] = "#GP(0)";
        line["reason"] = why;
        line["refused_bits"] = hex(verdict.bits);
    } else {
        line["value"] = hex(verdict.result);
    }
    return line.dump();
}

}  // namespace tool
