#include "tools/msr/vm_state.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "msr/catalogue/restore_order.hpp"
#include "msr/registers/ia32_x2apic_esr.hpp"
#include "msr/registers/ia32_x2apic_icr.hpp"
#include "tools/msr/values.hpp"

namespace tool {

host::outcome<const catalogue::model_entry*> find_model(const catalogue::tables& facts, std::string_view name) {
    if (name == no_departures) return nullptr;
    std::string known{no_departures};
    for (const auto& one : facts.models) {
        if (one.name == name) return &one;
        known += fmt::format(", {}", std::string_view{one.name});
    }
    return host::bad_input(fmt::format("there is no model `{}`", name), "the models are " + known);
}

void sort_to_restore(std::vector<std::uint32_t>& addresses, const catalogue::tables& facts) {
    std::map<std::uint32_t, unsigned> ranks;
    for (const auto address : addresses)
        ranks.emplace(address, catalogue::restore_rank(facts, address));
    std::ranges::sort(addresses, {}, [&](std::uint32_t address) { return std::pair{ranks.at(address), address}; });
}

namespace {

// Writing back what was read is a command: it sends an interrupt once more (SDM 3 11.6.1), or clears what it is to
// restore (11.5.3).
bool acts_when_written_back(std::uint32_t address) {
    return address == msr::ia32_x2apic_icr::address || address == msr::ia32_x2apic_esr::address;
}

}  // namespace

bool is_state(const profile::behaviour& by_host, std::uint32_t address) {
    // Some a hypervisor can only write back as the zero that they always are.
    const bool restorable = by_host.readable && by_host.writable && by_host.reach() != 0;
    return restorable && !acts_when_written_back(address);
}

std::vector<std::uint32_t> vm_state(const host::owned_table& guest) {
    std::vector<std::uint32_t> addresses;
    for (const auto& slot : guest->slots()) {
        if (slot.where != profile::address_slot::place::variable) continue;
        if (is_state(slot.row->host, slot.address)) addresses.push_back(slot.address);
    }
    sort_to_restore(addresses, guest.cpu().facts());
    return addresses;
}

std::string name_at(std::uint32_t address, const profile::profile& cpu) {
    const auto candidates = catalogue::at_address(cpu.facts(), address);
    const auto* there = on_cpu(candidates, cpu);
    if (there == nullptr && !candidates.empty()) there = &candidates.front();
    return there != nullptr ? catalogue::name_of(*there->entry, there->member) : hex(address);
}

}  // namespace tool
