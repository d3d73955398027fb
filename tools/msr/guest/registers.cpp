#include "tools/msr/guest/registers.hpp"

#include <algorithm>

#include "msr/catalogue/lookup.hpp"
#include "msr/registers/layouts/control_register_0.hpp"
#include "msr/registers/layouts/control_register_4.hpp"
#include "msr/rules/all.hpp"
#include "tools/msr/refusal.hpp"
#include "tools/msr/values.hpp"

namespace tool {

namespace catalogue = msr::catalogue;
namespace host = msr::host;
namespace profile = msr::profile;

namespace {

constexpr bool is_backed(const profile::address_slot* slot) {
    return slot != nullptr && slot->where == profile::address_slot::place::backed;
}

// The registers that stay with the vCPU, of those that a guest can write: what cannot be written is what the guest's
// CPU is described with.
std::vector<std::uint32_t> vcpu_registers(const profile::profile& cpu, host::kvm_guest& vcpu,
                                          std::span<const std::uint32_t> state) {
    const host::owned_table alone{cpu, {.rules = msr::rules::all}};
    std::vector<std::uint32_t> result;
    for (const auto& slot : alone->slots()) {
        if (slot.where == profile::address_slot::place::empty || !slot.row->guest.writable) continue;
        const bool used = std::ranges::binary_search(state, slot.address) || is_switched(*slot.row->guest.entry);
        if (used && vcpu.read(slot.address)) result.push_back(slot.address);
    }
    return result;
}

}  // namespace

guest_registers::guest_registers(const profile::profile& cpu, host::kvm_guest& vcpu,
                                 std::span<const std::uint32_t> state)
    : guest_registers{cpu, vcpu, vcpu_registers(cpu, vcpu, state)} {}

guest_registers::guest_registers(const profile::profile& cpu, host::kvm_guest& vcpu,
                                 const std::vector<std::uint32_t>& backed)
    : vcpu_{vcpu},
      table_{cpu, {.rules = msr::rules::all, .backed = {backed.data(), backed.size()}}},
      values_(table_->initial().size()),
      guest_{*table_, table_.cpu(), values_.data(), vcpu_state()} {}

msr::virt::backing guest_registers::vcpu_state() {
    return {.owner = this,
            .read = [](void* self, std::uint32_t address) -> std::uint64_t {
                auto& whole = *static_cast<guest_registers*>(self);
                const auto held = whole.vcpu_.read(address);
                if (!held) whole.vcpu_refused_ = true;
                return held.value_or(0);
            },
            .write =
                [](void* self, std::uint32_t address, std::uint64_t value) {
                    static_cast<guest_registers*>(self)->unsettled_.emplace_back(address, value);
                }};
}

void guest_registers::see_processor_state() {
    const auto special = vcpu_.special_registers();
    if (!special) return;
    auto& state = guest_.around().state;
    state.paging = msr::control_register_0{special->cr0}.pg();
    state.five_level_paging = msr::control_register_4{special->cr4}.la57();
}

msr::result<std::uint64_t> guest_registers::read(std::uint32_t index) {
    vcpu_refused_ = false;
    auto answer = guest_.read(index);
    if (vcpu_refused_) return std::unexpected{msr::fault{.index = index}};
    return answer;
}

msr::result<void> guest_registers::write(std::uint32_t index, std::uint64_t value) {
    // What depends on the mode of paging is all among the vCPU's state.
    if (is_backed(table_->find(index))) see_processor_state();
    vcpu_refused_ = false;
    return guest_.write(index, value);
}

bool guest_registers::settle() {
    bool taken = true;
    for (const auto& [address, value] : unsettled_)
        taken = vcpu_.write(address, value).has_value() && taken;
    unsettled_.clear();
    return taken;
}

std::string guest_registers::why_refused(const msr::fault& access, std::uint64_t value) {
    if (vcpu_refused_) return "the rules allow it, and KVM's vCPU does not answer";
    // Refused once more, it changes nothing.
    const auto verdict = access.direction == msr::direction::read ? guest_.explained_read(access.index)
                                                                  : guest_.explained_write(access.index, value);
    return reason(verdict, value, name(access.index));
}

const catalogue::register_entry* guest_registers::entry(std::uint32_t index) const {
    const auto* const slot = table_->find(index);
    return slot == nullptr ? nullptr : slot->row->guest.entry;
}

std::string guest_registers::name(std::uint32_t index) const {
    const auto* const here = entry(index);
    for (const auto& one : catalogue::at_address(cpu().facts(), index)) {
        if (here == nullptr || one.entry == here) return catalogue::name_of(*one.entry, one.member);
    }
    return hex(index);
}

}  // namespace tool
