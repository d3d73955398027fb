// Which RDMSR and WRMSR of a guest exit to the hypervisor: what VMX's MSR bitmap and SVM's MSR permission map have in
// common. They differ in the ranges that they cover and in where a register's two bits are: `Layout` says it.
// Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>

#include "msr/core/fault.hpp"
#include "msr/core/view.hpp"

namespace msr::virt {

/// Which of the two accesses something is about.
enum class accesses : std::uint8_t { reads = 1, writes = 2, both = 3 };

[[nodiscard]] constexpr bool includes(accesses all, direction one) {
    const auto bit = one == direction::read ? accesses::reads : accesses::writes;
    return (static_cast<unsigned>(all) & static_cast<unsigned>(bit)) != 0;
}

/// Why a register cannot be had in a map as asked, and which.
struct map_refusal {
    enum class reason : std::uint8_t {
        outside,           // the map has no bits for it: its accesses always exit
        trusted_by_guest,  // an encrypted guest reaches it whatever the map says
        backwards,         // a range whose last register stands before its first
    };

    std::uint32_t index = 0;
    reason why = reason::outside;

    friend constexpr bool operator==(const map_refusal&, const map_refusal&) = default;
};

[[nodiscard]] constexpr text to_string(map_refusal::reason why) {
    switch (why) {
        case map_refusal::reason::outside: return "the map does not cover it: it always exits";
        case map_refusal::reason::trusted_by_guest: return "an encrypted guest reaches it whatever the map says";
        case map_refusal::reason::backwards: return "the range ends before it begins";
    }
    return "unknown";
}

/// Whether a guest's memory is encrypted against the hypervisor (SEV): the CPU then keeps some registers from it too.
enum class guest_memory : std::uint8_t { plain, encrypted };

/// One of the two accesses of a register.
struct map_access {
    std::uint32_t index = 0;
    direction access = direction::read;
};

/// A register that a guest reaches itself, in the directions that are named.
struct passed_register {
    std::uint32_t index = 0;
    accesses allowed = accesses::both;
};

using map_result = std::expected<void, map_refusal>;

/// A map covers whole ranges of this many registers (SDM 3 25.6.9, APM 2 15.11), known by their first register.
inline constexpr std::uint32_t registers_in_range = 0x2000;
inline constexpr std::uint32_t low_range = 0;
inline constexpr std::uint32_t high_range = 0xC0000000;
inline constexpr std::uint32_t amd_range = 0xC0010000;

/// The map as the CPU reads it: its address, which has to be physical, goes into the VMCS or VMCB. A new one lets no
/// access pass. Every change is made whole or, with an error, not at all.
template <class Layout>
class alignas(4096) intercept_map {
  public:
    constexpr intercept_map() {
        for (auto& word : words_)
            word = ~std::uint64_t{0};
    }

    /// Whether the access exits: as the CPU decides, so also for registers that the map does not cover.
    [[nodiscard]] constexpr bool intercepts(std::uint32_t index, direction access,
                                            guest_memory memory = guest_memory::plain) const {
        const auto bit = bit_of(index, access);
        if (!bit) return true;
        if (memory == guest_memory::encrypted && Layout::trusted_by_guest(index)) return false;
        return (words_[*bit / 64] >> (*bit % 64) & 1U) != 0;
    }

    /// Lets a guest reach a register itself.
    [[nodiscard]] constexpr map_result pass(std::uint32_t index, accesses which = accesses::both) {
        return pass(index, index, which);
    }
    [[nodiscard]] constexpr map_result pass(std::uint32_t first, std::uint32_t last, accesses which) {
        if (const auto possible = covered(first, last); !possible) return possible;
        change(first, last, which, false);
        return {};
    }

    /// The same for many.
    [[nodiscard]] constexpr map_result pass(view<passed_register> registers) {
        for (const auto& one : registers) {
            if (range_of(one.index) == count_of(Layout::ranges)) return covered(one.index, one.index);
        }
        for (const auto& one : registers) {
            const auto range = range_of(one.index);
            change_one(range, one.index - Layout::ranges[range], one.allowed, false);
        }
        return {};
    }

    /// Makes accesses exit. Refused for what the CPU does not always let exit, so that no one counts on it.
    [[nodiscard]] constexpr map_result intercept(std::uint32_t index, accesses which = accesses::both) {
        return intercept(index, index, which);
    }
    [[nodiscard]] constexpr map_result intercept(std::uint32_t first, std::uint32_t last, accesses which) {
        if (const auto possible = covered(first, last); !possible) return possible;
        for (auto index = first; index <= last; ++index) {
            if (Layout::trusted_by_guest(index))
                return std::unexpected{map_refusal{index, map_refusal::reason::trusted_by_guest}};
        }
        change(first, last, which, true);
        return {};
    }

    /// What passes afterwards is what both let pass: for a guest's own guest, the hypervisor's map and the guest's.
    constexpr intercept_map& operator|=(const intercept_map& other) {
        for (std::size_t at = 0; at < count_of(words_); ++at)
            words_[at] |= other.words_[at];
        return *this;
    }

    friend constexpr bool operator==(const intercept_map&, const intercept_map&) = default;

    /// The map as words, for what works on many registers at a time: the number of an access's bit from the map's
    /// beginning, or nothing where the map does not cover the register.
    static constexpr std::optional<std::size_t> bit_of(std::uint32_t index, direction access) {
        const auto range = range_of(index);
        if (range == count_of(Layout::ranges)) return std::nullopt;
        return Layout::bit(range, index - Layout::ranges[range], access);
    }
    /// The access that a bit decides, which has to be one that bit_of() gives.
    static constexpr map_access access_of(std::size_t bit) { return Layout::access_of(bit); }

    [[nodiscard]] constexpr std::uint64_t word(std::size_t at) const { return words_[at]; }
    constexpr void set_word(std::size_t at, std::uint64_t value) { words_[at] = value; }

  private:
    // The number of the range that an address is in; as many as there are for none.
    template <std::size_t Number = 0>
    static constexpr std::size_t range_of(std::uint32_t index) {
        if constexpr (Number == count_of(Layout::ranges)) {
            return Number;
        } else {
            return index - Layout::ranges[Number] < registers_in_range ? Number : range_of<Number + 1>(index);
        }
    }

    static constexpr map_result covered(std::uint32_t first, std::uint32_t last) {
        if (last < first) return std::unexpected{map_refusal{last, map_refusal::reason::backwards}};
        const auto range = range_of(first);
        if (range == count_of(Layout::ranges)) return std::unexpected{map_refusal{first, map_refusal::reason::outside}};
        const auto beyond = Layout::ranges[range] + registers_in_range;
        if (last >= beyond) return std::unexpected{map_refusal{beyond, map_refusal::reason::outside}};
        return {};
    }

    // The range is that of all these registers.
    constexpr void change(std::uint32_t first, std::uint32_t last, accesses which, bool exits) {
        const auto range = range_of(first);
        for (auto offset = first - Layout::ranges[range]; offset <= last - Layout::ranges[range]; ++offset)
            change_one(range, offset, which, exits);
    }

    // Without branches and loops over what is asked for: maps are made from long lists.
    constexpr void change_one(std::size_t range, std::uint32_t offset, accesses which, bool exits) {
        change_bit(Layout::bit(range, offset, direction::read), includes(which, direction::read), exits);
        change_bit(Layout::bit(range, offset, direction::write), includes(which, direction::write), exits);
    }

    constexpr void change_bit(std::size_t bit, bool wanted, bool exits) {
        const auto mask = std::uint64_t{wanted} << (bit % 64);
        auto& word = words_[bit / 64];
        word = exits ? word | mask : word & ~mask;
    }

    std::uint64_t words_[Layout::bytes / sizeof(std::uint64_t)];
};

}  // namespace msr::virt
