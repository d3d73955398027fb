// msr emulate: a guest's registers, driven from standard input.

#include <iostream>

#include <fmt/format.h>

#include "msr/host/owned.hpp"
#include "msr/rules/all.hpp"
#include "msr/rules/follow_paging.hpp"
#include "msr/virt/guest.hpp"
#include "tools/msr/refusal.hpp"
#include "tools/msr/script.hpp"
#include "tools/msr/values.hpp"
#include "tools/msr/verbs.hpp"

namespace tool {

namespace {

// The manuals' processor is the model that departs nowhere.
constexpr std::string_view no_departures = "architectural";

host::outcome<const catalogue::model_entry*> find_model(const catalogue::tables& facts, std::string_view name) {
    if (name == no_departures) return nullptr;
    std::string known{no_departures};
    for (const auto& one : facts.models) {
        if (one.name == name) return &one;
        known += fmt::format(", {}", std::string_view{one.name});
    }
    return std::unexpected{host::error{host::error_kind::bad_input, fmt::format("there is no model `{}`", name),
                                       "the models are " + known, ""}};
}

class emulation {
  public:
    emulation(const profile::profile& cpu, const catalogue::model_entry* model, bool as_json)
        : table_{cpu, {.model = model, .rules = msr::rules::all}},
          values_(table_->initial().size()),
          guest_{*table_, table_.cpu(), values_.data()},
          as_json_{as_json} {}

    // The answers to the lines before a mistake stand.
    exit_code run(std::istream& from) {
        std::string line;
        for (std::size_t number = 1; std::getline(from, line); ++number) {
            const auto parsed = script::parse(line);
            if (!parsed) return wrong(number, parsed.error());
            if (!*parsed) continue;
            if (const auto mistake = perform(**parsed)) return wrong(number, *mistake);
        }
        if (from.bad()) return fail(no_access, "standard input cannot be read");
        if (const auto unknown = guest_.unknown_accesses(); unknown != 0) {
            fmt::print(stderr, "msr: {} access{} to registers that this CPU does not have\n", unknown,
                       unknown == 1 ? "" : "es");
        }
        return done;
    }

  private:
    static exit_code wrong(std::size_t line, const script::mistake& what) {
        std::fflush(stdout);
        return fail(bad_usage, fmt::format("line {}, column {}: {}", line, what.column, what.what));
    }

    // A register by name or address; the catalogue need not know the address.
    [[nodiscard]] std::expected<std::pair<std::uint32_t, std::string>, script::mistake> locate(
        const script::operation& asked) const {
        const auto targets = catalogue::find_by_name(table_.cpu().facts(), asked.name);
        if (!targets) return std::unexpected{script::mistake{asked.column, targets.error()}};
        if (targets->empty()) {
            const auto address = catalogue::parse_address(asked.name);
            if (!address) return std::unexpected{script::mistake{asked.column, address.error()}};
            return std::pair{*address, hex(*address)};
        }
        const auto* here = on_cpu(*targets, table_.cpu());
        const auto& which = here != nullptr ? *here : targets->front();
        if (which.field != nullptr)
            return std::unexpected{script::mistake{asked.column, "a whole register is read or written, not a field"}};
        return std::pair{which.address(), catalogue::name_of(*which.entry, which.member)};
    }

    std::optional<script::mistake> perform(const script::operation& asked) {
        switch (asked.what) {
            case script::verb::reset:
                guest_.reset();
                say("reset", {}, {}, {}, 0);
                return std::nullopt;
            case script::verb::set:
                guest_.around().state.*asked.state->member = asked.value != 0;
                msr::rules::follow_paging(guest_.around());
                say("set", str(asked.state->name), {}, {}, asked.value);
                return std::nullopt;
            default: break;
        }
        const auto place = locate(asked);
        if (!place) return place.error();
        const auto& [address, name] = *place;
        const auto answer = asked.writes() ? guest_.explained_write(address, asked.value, asked.by_host())
                                           : guest_.explained_read(address, asked.by_host());
        const std::string operation = std::string{asked.by_host() ? "host-" : ""} + (asked.writes() ? "write" : "read");
        say(operation, name, address, answer, asked.value);
        return std::nullopt;
    }

    void say(const std::string& operation, const std::string& name, std::optional<std::uint32_t> address,
             const profile::verdict& answer, std::uint64_t value) {
        const auto why = reason(answer, value, name);
        if (as_json_) {
            json line{{"operation", operation}};
            if (!name.empty()) line["name"] = name;
            if (address) line["address"] = hex(*address);
            line["ok"] = !answer.faults();
            if (address && !answer.faults()) line["value"] = hex(answer.result);
            if (answer.faults()) {
                line["fault"] = "#GP(0)";
                line["reason"] = why;
                line["refused_bits"] = hex(answer.bits);
            }
            fmt::print("{}\n", line.dump());
        } else if (answer.faults()) {
            fmt::print("fault #GP(0) {}\n", why);
        } else if (address) {
            fmt::print("ok {:#x}\n", answer.result);
        } else {
            fmt::print("ok\n");
        }
        // Whoever drives this through a pipe waits for the answer.
        std::fflush(stdout);
    }

    host::owned_table table_;
    std::vector<std::uint64_t> values_;
    msr::virt::guest guest_;
    bool as_json_;
};

}  // namespace

exit_code emulate_verb(int argc, char** argv) {
    common_options options;
    std::string model{no_departures};
    CLI::App app{
        "Plays a guest's registers. Standard input has an operation a line: read REGISTER, write REGISTER VALUE, "
        "host-read and host-write as a hypervisor's own accesses, set STATE=VALUE, reset",
        "emulate"};
    add_json(app, options);
    add_catalogue(app, options);
    add_source(app, options);
    add_profile(app, options);
    app.add_option("--model", model, "Whose behaviour: the manuals', or an implementation's that departs from them")
        ->capture_default_str();
    return parse_and_run(app, argc, argv, [&] {
        auto opened = session::open(options, true);
        if (!opened) return fail(to_exit_code(opened.error().kind), opened.error().line());
        opened->learn_all();
        const auto chosen = find_model(opened->facts(), model);
        if (!chosen) return fail(to_exit_code(chosen.error().kind), chosen.error().line());
        emulation playing{opened->cpu(opened->cpus().front()), *chosen, options.json};
        return playing.run(std::cin);
    });
}

}  // namespace tool
