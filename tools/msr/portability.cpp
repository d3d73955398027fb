#include "tools/msr/portability.hpp"

#include <algorithm>
#include <array>
#include <ranges>

#include <fmt/format.h>

#include "msr/registers/ia32_efer.hpp"
#include "msr/rules/all.hpp"
#include "msr/rules/follow_paging.hpp"
#include "tools/msr/refusal.hpp"
#include "tools/msr/values.hpp"
#include "tools/msr/vm_state.hpp"

namespace tool {

namespace {

using profile::check;
using profile::check_kind;

std::string fields_at(std::uint64_t bits, const catalogue::register_entry& entry, const profile::profile& cpu) {
    std::string names;
    const layout fields{entry, cpu};
    for (const auto& field : fields->fields) {
        if ((field.mask() & bits) != 0) names += (names.empty() ? "" : ", ") + str(field.entry->name);
    }
    return names.empty() ? fmt::format("bits {:#x}", bits) : fmt::format("{} (bits {:#x})", names, bits);
}

// Whether a register only announces something: what software can write it finds out itself.
bool announces(std::uint32_t address, const catalogue::tables& facts) {
    return std::ranges::any_of(catalogue::at_address(facts, address), [](const catalogue::target& one) {
        return one.entry->access == catalogue::access::read_only;
    });
}

// The register that a description would have to give the value of to tell whether there is state at the address: it
// announces it, or how many of its family there are.
std::optional<std::uint32_t> missing_in(const profile::profile& described, std::uint32_t address,
                                        const profile::viewpoint& by) {
    for (const auto& one : catalogue::at_address(described.facts(), address)) {
        if (profile::presence(*one.entry, described, by) == catalogue::holds::no) continue;
        if (!is_state(*host::owned_behaviour{*one.entry, described, by}, address)) continue;
        const std::array conditions{one.entry->exists, one.entry->count};
        for (const auto& step : conditions | std::views::join) {
            const auto capability = static_cast<std::uint32_t>(step.operand);
            if (step.code == catalogue::operation::register_bits && announces(capability, described.facts()) &&
                !described.listed_value(capability))
                return capability;
        }
    }
    return std::nullopt;
}

// Long mode is active where it is enabled and paging is on. Paging is restored before the registers, with the control
// registers (KVM_SET_SREGS).
bool is_active_by_paging(std::uint32_t address, std::uint64_t value) {
    const auto enables = msr::ia32_efer::from_raw(value);
    return address == msr::ia32_efer::address && enables.lme() && enables.lma();
}

void add_obstacle(std::vector<restore_obstacle>& list, restore_obstacle found) {
    const auto same = std::ranges::find_if(list, [&](const restore_obstacle& one) {
        return one.address == found.address && one.value == found.value && one.why == found.why;
    });
    if (same == list.end()) {
        list.push_back(std::move(found));
    } else {
        same->cpus.insert(same->cpus.end(), found.cpus.begin(), found.cpus.end());
    }
}

void compare_values(const check& legal, const profile::behaviour& to, const auto& say) {
    for (const auto& one : to.checks) {
        if (one.kind != check_kind::one_of || one.mask() != legal.mask()) continue;
        std::string values;
        for (unsigned raw = 0; raw < 64; ++raw) {
            if (legal.lists(raw) && !one.lists(raw)) values += fmt::format("{}{}", values.empty() ? "" : ", ", raw);
        }
        if (!values.empty()) say(fmt::format("{} takes no {}", str(legal.field->name), values));
    }
}

}  // namespace

portability::portability(const profile::profile& onto, std::string name, const catalogue::model_entry* model)
    : options_{.model = model, .rules = msr::rules::all},
      described_{onto},
      name_{std::move(name)},
      onto_{onto, options_} {}

void portability::try_values(const session& from) {
    for (const auto number : from.cpus()) {
        const host::owned_table state{from.cpu(number), options_};
        const auto addresses = vm_state(state);
        const auto values = from.machine().read({&number, 1}, addresses);
        std::vector<std::uint64_t> held((*onto_).initial().size());
        msr::virt::guest target{*onto_, onto_.cpu(), held.data()};
        // A local APIC that has no registers here is restored before them.
        target.around().state.timer_deadline_mode = true;
        for (std::size_t at = 0; at < addresses.size(); ++at) {
            if (const auto& value = values.at(0, at)) try_value(target, addresses[at], *value, state.cpu(), number);
        }
    }
}

void portability::try_kind(const profile::profile& cpu, const std::string& called) {
    const host::owned_table state{cpu, options_};
    for (const auto address : vm_state(state)) {
        const auto* const there = onto_->find(address);
        if (there == nullptr) {
            add_absent({name_at(address, cpu), address, {}, {}, {}});
        } else {
            ++tried_;
            compare(state.cpu(), address, state->find(address)->row->host, there->row->host);
        }
    }
    add_not_known_of(state, cpu, called);
}

// What a description leaves out may be there all the same.
void portability::add_absent(restore_obstacle found) {
    const bool in_other_modes = onto_->find(found.address) != nullptr;
    const auto missing = in_other_modes ? std::nullopt : missing_in(described_, found.address, by_host());
    if (missing) {
        found.why = why_not_known(name_, *missing);
        return add_obstacle(not_known_, std::move(found));
    }
    ++tried_;
    found.why = in_other_modes ? "it has no such register in this mode" : "it has no such register";
    add_obstacle(obstacles_, std::move(found));
}

profile::viewpoint portability::by_host() const {
    return {.model = options_.model, .rules = options_.rules, .by_host = true};
}

std::string portability::why_not_known(const std::string& called, std::uint32_t missing) const {
    return fmt::format("the description of {} gives no {}", called, name_at(missing, described_));
}

// State that a machine of this kind may have beside what it is known to have.
void portability::add_not_known_of(const host::owned_table& state, const profile::profile& cpu,
                                   const std::string& called) {
    for (const auto& entry : cpu.facts().registers) {
        for (std::uint32_t member = 0; member < entry.members; ++member) {
            const auto address = entry.address + entry.stride * member;
            if (state->find(address) != nullptr) continue;
            if (const auto missing = missing_in(cpu, address, by_host()))
                add_obstacle(not_known_, {name_at(address, cpu), address, {}, {}, why_not_known(called, *missing)});
        }
    }
}

void portability::try_value(msr::virt::guest& target, std::uint32_t address, std::uint64_t value,
                            const profile::profile& cpu, std::uint32_t number) {
    const auto name = name_at(address, cpu);
    const auto now = target.explained_read(address, true);
    if (now.faults() || now.result != value) {
        const bool by_paging = is_active_by_paging(address, value);
        const auto written = by_paging ? value & ~msr::ia32_efer::fields::lma::mask : value;
        const auto verdict = target.explained_write(address, written, true);
        if (verdict.why == profile::objection::absent) return add_absent({name, address, {number}, value, {}});
        if (verdict.faults()) {
            add_obstacle(obstacles_, {name, address, {number}, value, reason(verdict, value, name)});
        } else if (verdict.dropped != 0) {
            add_obstacle(obstacles_,
                         {name, address, {number}, value, fmt::format("bits {:#x} do not arrive", verdict.dropped)});
        } else if (by_paging) {
            target.around().state.paging = true;
            msr::rules::follow_paging(target.around());
        }
    }
    ++tried_;
}

void portability::compare(const profile::profile& cpu, std::uint32_t address, const profile::behaviour& from,
                          const profile::behaviour& to) {
    const auto name = name_at(address, cpu);
    const auto say = [&](std::string why) { add_obstacle(obstacles_, {name, address, {}, {}, std::move(why)}); };
    if (!to.writable) return say("it is read-only");
    if (const auto lost = from.reach() & ~to.reach(); lost != 0)
        say(fields_at(lost, *from.entry, cpu) + " cannot be set");
    for (const auto& one : from.checks) {
        if (one.kind == check_kind::one_of) compare_values(one, to, say);
    }
    const auto canonical = [](const check& one) { return one.kind == check_kind::canonical; };
    const bool narrower = cpu.linear_width() > onto_.cpu().linear_width();
    if (narrower && std::any_of(to.checks.begin(), to.checks.end(), canonical)) {
        say(fmt::format("addresses of {} bits are not canonical with {}", cpu.linear_width(),
                        onto_.cpu().linear_width()));
    }
}

}  // namespace tool
