// Tables of the profile with storage of their own, for programs that have a heap.
#pragma once

#include <cstdint>
#include <vector>

#include "msr/profile/register_table.hpp"

namespace msr::host {

/// What accesses of one register do.
class owned_behaviour {
  public:
    owned_behaviour(const catalogue::register_entry& entry, const profile::profile& cpu, const profile::viewpoint& from)
        : fields_(entry.fields.size()), checks_(profile::most_checks(entry, from)) {
        const auto layout = profile::resolve(entry, cpu, fields_.data());
        behaviour_ = profile::behaviour_of(layout, cpu, from, {checks_.data(), checks_.size()});
    }

    [[nodiscard]] const profile::behaviour& operator*() const { return behaviour_; }
    [[nodiscard]] const profile::behaviour* operator->() const { return &behaviour_; }

  private:
    std::vector<profile::resolved_field> fields_;
    std::vector<profile::check> checks_;
    profile::behaviour behaviour_;
};

/// All registers of a CPU, as a guest's.
class owned_table {
  public:
    owned_table(const profile::profile& cpu, const profile::table_options& options) : cpu_{cpu.as_guest()} {
        const auto size = profile::register_table::size_for(cpu_, options);
        rows_.resize(size.rows);
        checks_.resize(size.checks);
        slots_.resize(size.slots);
        initial_.resize(size.initial);
        constants_.resize(size.constants);
        fields_.resize(size.fields);
        const profile::table_storage storage{
            .rows = {rows_.data(), rows_.size()},
            .checks = {checks_.data(), checks_.size()},
            .slots = {slots_.data(), slots_.size()},
            .initial = {initial_.data(), initial_.size()},
            .constants = {constants_.data(), constants_.size()},
            .fields = {fields_.data(), fields_.size()},
        };
        table_ = *profile::register_table::make(cpu_, options, storage);
    }
    owned_table(const owned_table&) = delete;
    owned_table& operator=(const owned_table&) = delete;
    owned_table(owned_table&&) = delete;
    owned_table& operator=(owned_table&&) = delete;
    ~owned_table() = default;

    [[nodiscard]] const profile::profile& cpu() const { return cpu_; }
    [[nodiscard]] const profile::register_table& operator*() const { return table_; }
    [[nodiscard]] const profile::register_table* operator->() const { return &table_; }

  private:
    profile::profile cpu_;
    std::vector<profile::register_row> rows_;
    std::vector<profile::check> checks_;
    std::vector<profile::address_slot> slots_;
    std::vector<std::uint64_t> initial_;
    std::vector<std::uint64_t> constants_;
    std::vector<profile::resolved_field> fields_;
    profile::register_table table_;
};

}  // namespace msr::host
