#include "msr/virt/guest.hpp"

namespace msr::virt {

using profile::address_slot;
using profile::objection;
using profile::verdict;
using place = address_slot::place;

guest::guest(const profile::register_table& table, const profile::profile& cpu, std::uint64_t* values,
             backing elsewhere)
    : table_{table},
      values_{values},
      elsewhere_{elsewhere},
      around_{.cpu = cpu,
              .state = {},
              .owner = this,
              .value = [](void* self, std::uint32_t address) -> std::optional<std::uint64_t> {
                  const auto& whole = *static_cast<const guest*>(self);
                  const auto* slot = whole.table_.find(address);
                  if (slot == nullptr) return std::nullopt;
                  return whole.held(*slot);
              },
              .set =
                  [](void* self, std::uint32_t address, std::uint64_t value) {
                      auto& whole = *static_cast<guest*>(self);
                      if (const auto* slot = whole.table_.find(address)) whole.hold(*slot, value);
                  },
              .place = [](void* self, std::uint32_t address) -> std::uint64_t* {
                  const auto& whole = *static_cast<const guest*>(self);
                  const auto* slot = whole.table_.find(address);
                  return slot != nullptr && slot->where == place::variable ? whole.values_ + slot->index : nullptr;
              }} {
    reset();
}

void guest::reset() {
    around_.state = {};
    std::size_t at = 0;
    for (const auto value : table_.initial())
        values_[at++] = value;
}

std::uint64_t guest::held(const address_slot& slot) const {
    switch (slot.where) {
        case place::variable: return values_[slot.index];
        case place::constant: return table_.constant(slot);
        case place::backed: return elsewhere_.read(elsewhere_.owner, slot.address);
        case place::empty: break;
    }
    return 0;
}

void guest::hold(const address_slot& slot, std::uint64_t value) {
    if (slot.where == place::variable) values_[slot.index] = value;
    if (slot.where == place::backed) elsewhere_.write(elsewhere_.owner, slot.address, value);
}

profile::attempt guest::attempt_at(const address_slot& slot, bool by_host) {
    return {.around = around_, .address = slot.address, .by_host = by_host, .old = held(slot)};
}

verdict guest::explained_read(std::uint32_t index, bool by_host) {
    const auto* slot = table_.find(index);
    if (slot == nullptr) {
        ++unknown_;
        return {.why = objection::absent, .bits = ~std::uint64_t{0}};
    }
    return profile::try_read(by_host ? slot->row->host : slot->row->guest, attempt_at(*slot, by_host));
}

verdict guest::explained_write(std::uint32_t index, std::uint64_t value, bool by_host) {
    const auto* slot = table_.find(index);
    if (slot == nullptr) {
        ++unknown_;
        return {.why = objection::absent, .bits = ~std::uint64_t{0}};
    }
    auto asked = attempt_at(*slot, by_host);
    asked.value = value;
    const auto answer = profile::try_write(by_host ? slot->row->host : slot->row->guest, asked);
    if (!answer.faults()) hold(*slot, answer.result);
    return answer;
}

result<std::uint64_t> guest::read(std::uint32_t index) {
    const auto* slot = table_.find(index);
    if (slot != nullptr) {
        const auto& facts = slot->row->guest;
        if (facts.reads_plainly()) return held(*slot);
    }
    const auto answer = explained_read(index);
    if (answer.faults()) return std::unexpected{fault{.index = index, .direction = direction::read}};
    return answer.result;
}

bool guest::write_otherwise(std::uint32_t index, std::uint64_t value) {
    const auto* slot = table_.find(index);
    if (slot != nullptr && slot->quick) return slot->row->quick.run(values_[slot->index], value, index, around_);
    return !explained_write(index, value).faults();
}

result<std::uint64_t> guest::host_read(std::uint32_t index) {
    const auto answer = explained_read(index, true);
    if (answer.faults()) return std::unexpected{fault{.index = index, .direction = direction::read}};
    return answer.result;
}

result<void> guest::host_write(std::uint32_t index, std::uint64_t value) {
    if (explained_write(index, value, true).faults())
        return std::unexpected{fault{.index = index, .direction = direction::write}};
    return {};
}

}  // namespace msr::virt
