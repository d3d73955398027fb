// msr check: may this value be written, and what would the register then hold?

#include <algorithm>

#include <fmt/format.h>

#include "tools/msr/choose.hpp"
#include "tools/msr/refusal.hpp"
#include "tools/msr/values.hpp"
#include "tools/msr/verbs.hpp"
#include "tools/msr/write_check.hpp"

namespace tool {

namespace {

struct write_question {
    std::string name;
    std::uint64_t value = 0;
    std::optional<std::uint64_t> old;
};

// The value to start from: what was given, what the register holds, or what it holds after reset.
std::uint64_t old_value(const write_question& asked, const chosen& which, session& from) {
    if (asked.old) return *asked.old;
    if (which.what.entry->access != catalogue::access::write_only) {
        const auto address = which.what.address();
        const auto cpu = from.cpus().front();
        if (const auto read = from.machine().read({&cpu, 1}, {&address, 1}).at(0, 0)) return *read;
    }
    return which.what.entry->reset;
}

struct objections {
    profile::verdict first;  // or that there is none
    std::vector<std::string> reasons;
    std::uint64_t bits = 0;  // all that are refused
};

// A write is refused for one reason; what else would refuse it shows once the refused bits are as they were.
objections objections_to(const write_question& asked, const chosen& which, const std::string& name, std::uint64_t old,
                         session& from) {
    objections all;
    for (auto value = asked.value;;) {
        const auto result = check_write(which.what, *which.cpu, old, value, &from.machine(), from.cpus().front());
        if (all.reasons.empty()) all.first = result;
        if (!result.faults()) return all;
        auto words = reason(result, value, name);
        if (std::ranges::find(all.reasons, words) == all.reasons.end()) all.reasons.push_back(std::move(words));
        all.bits |= result.bits;
        const auto mended = (value & ~result.bits) | (old & result.bits);
        if (mended == value) return all;
        value = mended;
    }
}

exit_code answer(const write_question& asked, session& from, bool as_json) {
    const auto which = choose_register(from.facts(), asked.name, &from);
    if (!which) return fail(to_exit_code(which.error().kind), which.error().line());
    const auto name = catalogue::name_of(*which->what.entry, which->what.member);
    if (which->cpu == nullptr) return fail(finding, fmt::format("refused: this CPU has no {}", name));
    if (!which->what.entry->fields_known)
        return fail(limit_reached, fmt::format("the fields of {} are not known", name));
    const auto old = old_value(asked, *which, from);
    const layout fields{*which->what.entry, *which->cpu};
    const auto found = objections_to(asked, *which, name, old, from);
    const auto& result = found.first;
    if (as_json) {
        print(json{{"name", name},
                   {"old", hex(old)},
                   {"value", hex(asked.value)},
                   {"allowed", !result.faults()},
                   {"reason", found.reasons.empty() ? "allowed" : found.reasons.front()},
                   {"reasons", found.reasons},
                   {"refused_bits", hex(found.bits)},
                   {"result", hex(result.result)},
                   {"dropped", hex(result.dropped)},
                   {"undefined", hex(result.undefined)}});
    } else if (result.faults()) {
        for (const auto& why : found.reasons)
            fmt::print("refused: {}\n", why);
    } else {
        fmt::print("allowed: {} would hold {:#x}  {}\n", name, result.result,
                   summary(fields, result.result, which->cpu));
        if (result.dropped != 0) fmt::print("    bits {:#x} would not arrive\n", result.dropped);
        if (result.undefined != 0) fmt::print("    what happens to bits {:#x} is not documented\n", result.undefined);
    }
    return result.faults() ? finding : done;
}

}  // namespace

exit_code check_verb(int argc, char** argv) {
    common_options options;
    write_question asked;
    std::string value;
    std::string old;
    CLI::App app{"Says whether a value may be written, and why not. Nothing is written", "check"};
    add_json(app, options);
    add_catalogue(app, options);
    add_source(app, options);
    add_profile(app, options);
    app.add_option("--old", old, "What the register holds; read from the source if not given");
    app.add_option("REGISTER", asked.name, "NAME, alias, address (0x1B), NAME[i]")->required();
    app.add_option("VALUE", value, "As 0xd01, 3329 or 0b1101")->required();
    return parse_and_run(app, argc, argv, [&] {
        const auto number = parse_value(value);
        if (!number) return fail(bad_usage, number.error().line());
        asked.value = *number;
        if (!old.empty()) {
            const auto before = parse_value(old);
            if (!before) return fail(bad_usage, before.error().line());
            asked.old = *before;
        }
        auto opened = session::open(options);
        if (!opened) return fail(to_exit_code(opened.error().kind), opened.error().line());
        return answer(asked, *opened, options.json);
    });
}

}  // namespace tool
