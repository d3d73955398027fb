// A guest's model-specific registers: what its RDMSR and WRMSR do, and what a hypervisor's own reads and writes do. A
// bus, so that everything typed works on it. Freestanding; allocates nothing; one object a virtual CPU.
#pragma once

#include <cstdint>

#include "msr/core/bus.hpp"
#include "msr/profile/register_table.hpp"

namespace msr::virt {

/// What a hypervisor keeps elsewhere (a VMCS field, the CPU's own register): called for the addresses that the table
/// has as backed. What is written has passed all checks.
struct backing {
    void* owner = nullptr;
    std::uint64_t (*read)(void* owner, std::uint32_t address) = nullptr;
    void (*write)(void* owner, std::uint32_t address, std::uint64_t value) = nullptr;
};

class guest {
  public:
    /// `values` has room for as many as the table's initial(), and is set to these. The table, the profile and the
    /// values must outlive the guest. `cpu` is the profile that the table was made for.
    guest(const profile::register_table& table, const profile::profile& cpu, std::uint64_t* values,
          backing elsewhere = {});
    guest(const guest&) = delete;
    guest& operator=(const guest&) = delete;
    guest(guest&&) = delete;
    guest& operator=(guest&&) = delete;
    ~guest() = default;

    /// Registers and state as after reset. What is backed is the hypervisor's to reset.
    void reset();

    /// The guest's RDMSR and WRMSR. A fault is #GP(0), for the hypervisor to inject.
    [[nodiscard]] result<std::uint64_t> read(std::uint32_t index);
    /// Inlined, because a result that is put together in memory and then taken from there costs as much as all the
    /// rest.
    [[nodiscard, gnu::always_inline]] result<void> write(std::uint32_t index, std::uint64_t value) {
        const auto& slot = table_.guess(index);
        const bool done = slot.address == index && slot.quick
                              ? slot.row->quick.run(values_[slot.index], value, index, around_)
                              : write_otherwise(index, value);
        if (done) return {};
        return std::unexpected{fault{.index = index, .direction = direction::write}};
    }

    /// The hypervisor's own accesses, as to save and restore a guest.
    [[nodiscard]] result<std::uint64_t> host_read(std::uint32_t index);
    [[nodiscard]] result<void> host_write(std::uint32_t index, std::uint64_t value);

    /// The same accesses, with all that there is to say about them.
    [[nodiscard]] profile::verdict explained_read(std::uint32_t index, bool by_host = false);
    [[nodiscard]] profile::verdict explained_write(std::uint32_t index, std::uint64_t value, bool by_host = false);

    /// What the rules see. Its state, which is no register, the hypervisor keeps up to date.
    [[nodiscard]] profile::surroundings& around() { return around_; }

    /// Accesses so far to addresses where this CPU has no register.
    [[nodiscard]] std::uint64_t unknown_accesses() const { return unknown_; }

  private:
    [[nodiscard]] bool write_otherwise(std::uint32_t index, std::uint64_t value);
    [[nodiscard]] std::uint64_t held(const profile::address_slot& slot) const;
    void hold(const profile::address_slot& slot, std::uint64_t value);
    [[nodiscard]] profile::attempt attempt_at(const profile::address_slot& slot, bool by_host);

    const profile::register_table& table_;
    std::uint64_t* values_;
    backing elsewhere_;
    profile::surroundings around_;
    std::uint64_t unknown_ = 0;
};
static_assert(bus<guest>);

}  // namespace msr::virt
