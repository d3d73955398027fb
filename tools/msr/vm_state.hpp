// The registers that a virtual machine's state consists of, and the order in which their values are written back.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "msr/host/owned.hpp"
#include "tools/msr/session.hpp"

namespace tool {

/// The model that --model names: an implementation's, or null for the manuals' processor, which departs nowhere.
[[nodiscard]] host::outcome<const catalogue::model_entry*> find_model(const catalogue::tables& facts,
                                                                      std::string_view name);

/// The manuals' processor as --model names it.
inline constexpr std::string_view no_departures = "architectural";
/// Whose virtual machines' state is meant where none is named: the newest KVM in the catalogue.
inline constexpr std::string_view usual_hypervisor = "kvm-7.3";

/// By what has to be there first (`restore_after`), then ascending.
void sort_to_restore(std::vector<std::uint32_t>& addresses, const catalogue::tables& facts);

/// Whether a hypervisor whose accesses do that saves the register and writes it back.
[[nodiscard]] bool is_state(const profile::behaviour& by_host, std::uint32_t address);

/// What a hypervisor can read and write of a guest of this kind, in the order to restore: what such a guest can hold,
/// and what its hypervisor tells it. Some are there only in some modes, and refuse in the others.
[[nodiscard]] std::vector<std::uint32_t> vm_state(const host::owned_table& guest);

/// The register's name on this CPU, or its address.
[[nodiscard]] std::string name_at(std::uint32_t address, const profile::profile& cpu);

}  // namespace tool
