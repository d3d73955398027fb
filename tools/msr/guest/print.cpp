#include "tools/msr/guest/print.hpp"

#include <fmt/format.h>

namespace tool {

namespace {

std::string_view direction_word(msr::direction way) {
    return way == msr::direction::read ? "read" : "write";
}

// "0x500  LME=1 LMA=1"
std::string decoded_value(std::uint64_t value, std::uint32_t index, const guest_registers& registers) {
    const auto* const entry = registers.entry(index);
    if (entry == nullptr || !entry->fields_known) return hex(value);
    const auto fields = summary(layout{*entry, registers.cpu()}, value, &registers.cpu());
    return fields.empty() ? hex(value) : hex(value) + "  " + fields;
}

void print_values(std::string_view what, const access_counts& counts, std::uint32_t index,
                  const guest_registers& registers) {
    if (counts.done == 0) return;
    if (counts.first != counts.last)
        fmt::print("            {:6} first {}\n", what, decoded_value(counts.first, index, registers));
    fmt::print("            {:6} {} {}\n", what, counts.first != counts.last ? "last " : "",
               decoded_value(counts.last, index, registers));
}

void print_refusals(std::string_view what, const access_counts& counts) {
    if (counts.refused == 0) return;
    fmt::print("            #GP(0) {} time{}, first at {}: {}: {}\n", counts.refused, counts.refused == 1 ? "" : "s",
               hex(counts.refused_at), what, counts.why);
}

void print_lost(const access_counts& counts) {
    if (counts.lost == 0) return;
    fmt::print("            {} of the writes KVM did not take into its virtual CPU: instructions do not see them\n",
               counts.lost);
}

void print_registers(const access_tally& tally, const guest_registers& registers) {
    if (tally.accesses() == 0) {
        fmt::print("no access to a register left\n");
        return;
    }
    fmt::print("{:11} {:36} {:>10} {:>10} {:>10}\n", "address", "register", "reads", "writes", "#GP(0)");
    for (const auto& [index, counts] : tally.by_address()) {
        fmt::print("{:11} {:36} {:>10} {:>10} {:>10}\n", hex(index), registers.name(index), counts.reads.done,
                   counts.writes.done, counts.reads.refused + counts.writes.refused);
        print_values("read", counts.reads, index, registers);
        print_values("wrote", counts.writes, index, registers);
        print_lost(counts.writes);
        print_refusals("read", counts.reads);
        print_refusals(fmt::format("write of {}", hex(counts.writes.refused_value)), counts.writes);
    }
    if (tally.unlisted() != 0)
        fmt::print("{} accesses of further addresses are not listed: there were more than {} addresses\n",
                   tally.unlisted(), access_tally::most_addresses);
}

bool has_hung(const run_result& result) {
    return result.end == guest_end::time_is_up || result.end == guest_end::exits_are_up;
}

double per_second(std::uint64_t number, double seconds) {
    return seconds > 0 ? static_cast<double>(number) / seconds : 0;
}

json counts_json(const access_counts& counts, std::uint32_t index, const guest_registers& registers) {
    json result{{"done", counts.done}, {"refused", counts.refused}};
    if (counts.lost != 0) result["lost"] = counts.lost;
    if (counts.done != 0) {
        result["first"] = hex(counts.first);
        result["last"] = hex(counts.last);
        const auto* const entry = registers.entry(index);
        if (entry != nullptr && entry->fields_known)
            result["fields"] = to_json(layout{*entry, registers.cpu()}, counts.last, &registers.cpu());
    }
    if (counts.refused != 0) {
        result["first_refused"] = {{"value", hex(counts.refused_value)},
                                   {"instruction_pointer", hex(counts.refused_at)},
                                   {"reason", counts.why}};
    }
    return result;
}

}  // namespace

std::string observed_line(const observed_access& one, const guest_registers& registers) {
    return fmt::format("{:5} {}  {}", direction_word(one.direction), registers.name(one.index),
                       one.refused ? (one.direction == msr::direction::read ? "#GP(0)" : hex(one.value) + "  #GP(0)")
                                   : decoded_value(one.value, one.index, registers));
}

json observed_json(const observed_access& one, const guest_registers& registers) {
    return {{"access", direction_word(one.direction)},
            {"name", registers.name(one.index)},
            {"address", hex(one.index)},
            {"value", hex(one.value)},
            {"ok", !one.refused}};
}

std::string end_in_words(const run_result& result) {
    const auto at = fmt::format("at {}", hex(result.instruction_pointer));
    switch (result.end) {
        case guest_end::halted: return "HLT " + at;
        case guest_end::exit_port: return fmt::format("the exit port, with {}", hex(result.exit_value.value_or(0)));
        case guest_end::shutdown_port: return "the shutdown port";
        case guest_end::triple_fault: return "a triple fault " + at;
        case guest_end::time_is_up: return "the time limit: it hangs or works " + at;
        case guest_end::exits_are_up: return "the limit of exits " + at;
        case guest_end::needs_device: return "a device that is not there, " + at + ": " + result.detail;
        case guest_end::failed: break;
    }
    return "KVM, which could not go on " + at + ": " + result.detail;
}

void print_run(const run_description& what, const run_result& result, const access_tally& tally,
               const guest_registers& registers) {
    fmt::print("{}: {}, entered at {}, {} MiB, on {}\n", what.file, to_word(what.protocol), hex(what.entry),
               what.memory >> 20U, what.cpu);
    fmt::print("leaves for user space: {}\n",
               what.policy.empty() ? "every register" : "what " + what.policy + " does not let pass");
    fmt::print("ended by {}\n", end_in_words(result));
    fmt::print("{} exits in {:.3f} s, {} of them for registers: {:.0f} a second\n", result.exits, result.seconds,
               tally.accesses(), per_second(tally.accesses(), result.seconds));
    if (result.unfiltered != 0)
        fmt::print("{} of these the filter lets pass, but KVM has no such register or refuses the access\n",
                   result.unfiltered);
    fmt::print("\n");
    print_registers(tally, registers);
    if (!has_hung(result) || tally.accesses() == 0) return;
    fmt::print("\nthe last accesses:\n");
    for (const auto& one : tally.recent())
        fmt::print("  {}\n", observed_line(one, registers));
}

json run_json(const run_description& what, const run_result& result, const access_tally& tally,
              const guest_registers& registers) {
    json document{{"file", what.file},
                  {"protocol", to_word(what.protocol)},
                  {"entry", hex(what.entry)},
                  {"memory", hex(what.memory)},
                  {"cpu", what.cpu},
                  {"policy", what.policy.empty() ? json{} : json{what.policy}},
                  {"end", to_word(result.end)},
                  {"end_in_words", end_in_words(result)},
                  {"instruction_pointer", hex(result.instruction_pointer)},
                  {"seconds", result.seconds},
                  {"exits", result.exits},
                  {"register_exits", tally.accesses()},
                  {"unfiltered_register_exits", result.unfiltered},
                  {"register_exits_per_second", per_second(tally.accesses(), result.seconds)}};
    if (tally.unlisted() != 0) document["unlisted_register_exits"] = tally.unlisted();
    if (result.exit_value) document["exit_value"] = hex(*result.exit_value);
    auto list = json::array();
    for (const auto& [index, counts] : tally.by_address()) {
        list.push_back({{"name", registers.name(index)},
                        {"address", hex(index)},
                        {"reads", counts_json(counts.reads, index, registers)},
                        {"writes", counts_json(counts.writes, index, registers)}});
    }
    document["registers"] = std::move(list);
    if (has_hung(result)) {
        auto last = json::array();
        for (const auto& one : tally.recent())
            last.push_back(observed_json(one, registers));
        document["last_accesses"] = std::move(last);
    }
    return document;
}

}  // namespace tool
