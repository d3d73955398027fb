// What of one machine's state another cannot take: virtual machines of the one, tried on virtual machines of the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "msr/host/owned.hpp"
#include "msr/virt/guest.hpp"
#include "tools/msr/session.hpp"

namespace tool {

/// A register that cannot be restored as it is, or of which that is not known.
struct restore_obstacle {
    std::string name;
    std::uint32_t address = 0;
    std::vector<std::uint32_t> cpus;     // of a recording
    std::optional<std::uint64_t> value;  // that was to be restored; none: any that the CPU can hold
    std::string why;
};

/// What virtual machines of one CPU can hold, tried on virtual machines of another.
class portability {
  public:
    portability(const profile::profile& onto, std::string name, const catalogue::model_entry* model);

    /// Values as they were recorded, into a new virtual CPU for each.
    void try_values(const session& from);
    /// All that virtual machines of a CPU can hold.
    void try_kind(const profile::profile& cpu, const std::string& called);

    [[nodiscard]] const std::vector<restore_obstacle>& obstacles() const { return obstacles_; }
    /// Registers of which a description does not tell whether they are there.
    [[nodiscard]] const std::vector<restore_obstacle>& not_known() const { return not_known_; }
    /// What was decided.
    [[nodiscard]] std::size_t tried() const { return tried_; }

  private:
    void add_absent(restore_obstacle found);
    [[nodiscard]] profile::viewpoint by_host() const;
    [[nodiscard]] std::string why_not_known(const std::string& called, std::uint32_t missing) const;
    void add_not_known_of(const host::owned_table& state, const profile::profile& cpu, const std::string& called);
    void try_value(msr::virt::guest& target, std::uint32_t address, std::uint64_t value, const profile::profile& cpu,
                   std::uint32_t number);
    void compare(const profile::profile& cpu, std::uint32_t address, const profile::behaviour& from,
                 const profile::behaviour& to);

    profile::table_options options_;
    const profile::profile described_;
    std::string name_;
    host::owned_table onto_;
    std::vector<restore_obstacle> obstacles_;
    std::vector<restore_obstacle> not_known_;
    std::size_t tried_ = 0;
};

}  // namespace tool
