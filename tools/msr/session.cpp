#include "tools/msr/session.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/host/cpu_list.hpp"
#include "msr/host/open.hpp"
#include "msr/host/snapshot_machine.hpp"
#include "msr/profile/resolve.hpp"
#include "tools/msr/cpu_source.hpp"
#include "tools/msr/profile_machine.hpp"
#include "tools/msr/recorded_machine.hpp"

namespace tool {

namespace {

void collect(catalogue::expression code, std::set<std::uint32_t>& addresses) {
    for (const auto& step : code) {
        if (step.code == catalogue::operation::register_bits)
            addresses.insert(static_cast<std::uint32_t>(step.operand));
    }
}

void collect(const catalogue::register_entry& entry, std::set<std::uint32_t>& addresses) {
    collect(entry.exists, addresses);
    collect(entry.count, addresses);
    for (const auto& field : entry.fields) {
        collect(field.exists, addresses);
        collect(field.value, addresses);
    }
}

host::outcome<std::unique_ptr<host::machine>> open_source(const common_options& options, const catalogue::tables& facts,
                                                          bool fallback, std::string& why_recorded) {
    if (options.names_cpu()) {
        auto cpu = find_cpu(facts, options);
        if (!cpu) return std::unexpected{cpu.error()};
        return std::make_unique<profile_machine>(std::move(*cpu));
    }
    const std::string from = options.from.empty() ? "auto" : options.from;
    auto machine = host::open_machine(from);
    if (machine || !fallback || from != "auto") return machine;
    why_recorded = machine.error().line();
    auto built_in = host::snapshot_machine::from_text(recorded_machine(), "the machine recorded in msrkit");
    if (!built_in) return std::unexpected{built_in.error()};
    return std::make_unique<host::snapshot_machine>(std::move(*built_in));
}

}  // namespace

host::outcome<facts> facts::load(const std::string& folder) {
    facts result;
    if (folder.empty()) return result;
    auto loaded = catalogue::load::load(folder, catalogue::built_in());
    if (!loaded) {
        std::string all;
        for (const auto& one : loaded.error()) {
            all += (all.empty() ? "" : "\n") + one.file + (one.line > 0 ? fmt::format(":{}", one.line) : "") + ": " +
                   one.message;
        }
        return host::bad_input(all);
    }
    result.overlay_ = std::move(*loaded);
    return result;
}

const catalogue::tables& facts::operator*() const {
    return overlay_ ? overlay_->tables() : catalogue::built_in();
}

std::set<std::uint32_t> referred_addresses(const catalogue::tables& facts) {
    std::set<std::uint32_t> addresses;
    for (const auto& entry : facts.registers)
        collect(entry, addresses);
    return addresses;
}

host::outcome<session> session::open(const common_options& options, bool fallback) {
    session result;
    auto loaded = tool::facts::load(options.catalogue);
    if (!loaded) return std::unexpected{loaded.error()};
    result.facts_holder_ = std::make_unique<tool::facts>(std::move(*loaded));
    result.facts_ = &**result.facts_holder_;
    auto machine = open_source(options, *result.facts_, fallback, result.why_recorded_);
    if (!machine) return std::unexpected{machine.error()};
    result.machine_ = std::move(*machine);
    // Of a described CPU there is one, which --cpus has already chosen.
    if (options.cpus.empty() || options.names_cpu()) {
        result.cpus_.assign(result.machine_->cpus().begin(), result.machine_->cpus().end());
    } else {
        const auto requested = host::parse_cpu_list(options.cpus);
        if (!requested) return std::unexpected{requested.error()};
        auto selection = host::select_cpus(*result.machine_, *requested);
        result.complaint_ = selection.complaint();
        result.cpus_ = std::move(selection.usable);
        if (result.cpus_.empty()) {
            return std::unexpected{host::error{host::error_kind::no_access, "no CPU to read", result.complaint_, ""}};
        }
    }
    result.learn_addresses({});
    return result;
}

void session::learn(std::span<const catalogue::register_entry* const> entries) {
    std::set<std::uint32_t> addresses;
    for (const auto* entry : entries)
        collect(*entry, addresses);
    // What a capability register's own fields hang on matters too: one step further is all that the catalogue has.
    for (const auto address : std::set<std::uint32_t>{addresses}) {
        for (const auto& one : catalogue::at_address(*facts_, address))
            collect(one.entry->exists, addresses);
    }
    learn_addresses(addresses);
}

void session::learn_all() {
    learn_addresses(referred_addresses(*facts_));
}

void session::learn_addresses(const std::set<std::uint32_t>& addresses) {
    std::vector<std::uint32_t> fresh;
    std::ranges::set_difference(addresses, asked_, std::back_inserter(fresh));
    if (fresh.empty() && !profiles_.empty()) return;
    asked_.insert(fresh.begin(), fresh.end());
    const auto values = machine_->read(cpus_, fresh);
    for (std::size_t at = 0; at < cpus_.size(); ++at) {
        auto& known = known_[cpus_[at]];
        for (std::size_t next = 0; next < fresh.size(); ++next) {
            if (const auto& value = values.at(at, next)) known.push_back({fresh[next], *value});
        }
        std::ranges::sort(known, {}, &profile::known_register::address);
        profiles_.insert_or_assign(cpus_[at], profile::profile{*facts_, machine_->cpuid(cpus_[at]), known});
    }
}

const catalogue::target* on_cpu(std::span<const catalogue::target> candidates, const profile::profile& cpu) {
    const catalogue::target* possible = nullptr;
    for (const auto& one : candidates) {
        const auto there = profile::exists(*one.entry, cpu);
        if (there == catalogue::holds::yes) return &one;
        if (there == catalogue::holds::unknown && possible == nullptr) possible = &one;
    }
    return possible;
}

}  // namespace tool
