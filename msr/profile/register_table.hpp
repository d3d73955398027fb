// All registers of one CPU, worked out once into flat tables: an access is a look-up and a few masks. One table serves
// every virtual CPU of the kind; what differs between them is an array of values. Freestanding.
#pragma once

#include <cstdint>
#include <expected>

#include "msr/profile/quick_write.hpp"

namespace msr::profile {

/// A register, or a family of them: what the guest's accesses do, and a hypervisor's own.
/// Aligned, so that the short way begins a cache line.
struct alignas(64) register_row {
    quick_write quick;  // the guest's
    behaviour guest;
    behaviour host;
};

/// An address, and where its value is.
struct address_slot {
    enum class place : std::uint8_t { empty, variable, constant, backed };

    const register_row* row = nullptr;
    std::uint32_t address = 0;
    std::uint16_t index = 0;  // into the virtual CPU's values, or the table's constants
    place where = place::empty;
    bool quick = false;  // a variable, and the guest's writes can go the short way
};

/// How many elements of each kind a table needs.
struct table_size {
    std::size_t rows = 0;
    std::size_t checks = 0;
    std::size_t slots = 0;  // a power of two
    std::size_t initial = 0;
    std::size_t constants = 0;
    std::size_t fields = 0;
};

struct table_storage {
    buffer<register_row> rows;
    buffer<check> checks;
    buffer<address_slot> slots;
    buffer<std::uint64_t> initial;
    buffer<std::uint64_t> constants;
    buffer<resolved_field> fields;  // needed only while the table is made
};

/// What a table is made for.
struct table_options {
    const catalogue::model_entry* model = nullptr;  // null: as the manuals say
    view<named_rule> rules;
    view<std::uint32_t> backed;  // addresses whose values a hypervisor keeps elsewhere
};

class register_table {
  public:
    /// The size of the table for a CPU. `cpu` is profile::as_guest().
    [[nodiscard]] static table_size size_for(const profile& cpu, const table_options& options);

    /// Makes the table in storage that the caller gives and keeps; the error is the size that it should have had.
    [[nodiscard]] static std::expected<register_table, table_size> make(const profile& cpu,
                                                                        const table_options& options,
                                                                        const table_storage& storage);

    /// The slot of an address; null where the CPU has no such register.
    [[nodiscard]] const address_slot* find(std::uint32_t address) const {
        for (auto at = hash(address);; ++at) {
            const auto& slot = slots_[at & mask_];
            if (slot.where == address_slot::place::empty) return nullptr;
            if (slot.address == address) return &slot;
        }
    }
    /// The slot where an address is most probably, and if it is not there it may still be in another.
    [[nodiscard]] const address_slot& guess(std::uint32_t address) const { return slots_[hash(address) & mask_]; }
    [[nodiscard]] view<register_row> rows() const { return rows_; }
    [[nodiscard]] view<address_slot> slots() const { return slots_; }
    /// What the variable registers hold after reset: as many values as a virtual CPU needs.
    [[nodiscard]] view<std::uint64_t> initial() const { return initial_; }
    [[nodiscard]] std::uint64_t constant(const address_slot& of) const { return constants_[of.index]; }

  private:
    friend class table_builder;

    // Fibonacci hashing: the addresses come in runs, which this spreads.
    [[nodiscard]] static std::size_t hash(std::uint32_t address) {
        constexpr std::uint32_t golden_ratio = 0x9E3779B9;
        return address * golden_ratio >> 16U;
    }

    view<register_row> rows_;
    view<address_slot> slots_;
    view<std::uint64_t> initial_;
    view<std::uint64_t> constants_;
    std::size_t mask_ = 0;
};

}  // namespace msr::profile
