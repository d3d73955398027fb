// An intercept policy as flat tables: worked out once for a host, a guest and a virtual machine's settings, so that
// every decision is a few masks over the guest's states. One table serves every virtual CPU of the kind. Freestanding;
// the storage is the caller's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>

#include "msr/catalogue/terms.hpp"
#include "msr/profile/behaviour.hpp"
#include "msr/virt/intercept_map.hpp"
#include "msr/virt/policy_inputs.hpp"

namespace msr::virt {

/// Bits of one word of the map that pass while one of the terms holds.
struct policy_part {
    std::uint64_t bits = 0;
    std::uint32_t first_term = 0;
    std::uint16_t terms = 0;
    std::uint16_t word = 0;
};

/// A word of the map in which an access may pass.
struct policy_word {
    std::uint64_t always = 0;    // bits that pass in every state
    std::uint64_t filtered = 0;  // bits of accesses that the filter is consulted for
    std::uint64_t states = 0;    // that any part hangs on
    std::uint16_t number = 0;    // of the word in the map
    std::uint16_t parts = 0;
    std::uint32_t first_part = 0;
};

/// How many elements of each kind a table needs, whatever the host, the guest and the settings.
struct policy_table_size {
    std::size_t words = 0;
    std::size_t parts = 0;
    std::size_t terms = 0;
    std::size_t places = 0;

    friend constexpr bool operator==(const policy_table_size&, const policy_table_size&) = default;
};

struct policy_table_storage {
    profile::buffer<policy_word> words;
    profile::buffer<policy_part> parts;
    profile::buffer<catalogue::term> terms;
    profile::buffer<std::uint16_t> places;
};

namespace detail {

/// The tables of every kind of map.
class policy_table_base {
  public:
    [[nodiscard]] view<policy_word> words() const { return words_; }

    /// What passes of a word in these states, if the filter allows it.
    [[nodiscard]] std::uint64_t passed(const policy_word& word, std::uint64_t states) const {
        auto result = word.always;
        for (std::size_t at = 0; at < word.parts; ++at) {
            const auto& part = parts_[word.first_part + at];
            for (std::size_t term = 0; term < part.terms; ++term) {
                if (terms_[part.first_term + term].holds(states)) result |= part.bits;
            }
        }
        return result;
    }
    /// The bits of a word that pass in some state.
    [[nodiscard]] std::uint64_t ever_passed(const policy_word& word) const {
        auto result = word.always;
        for (std::size_t at = 0; at < word.parts; ++at)
            result |= parts_[word.first_part + at].bits;
        return result;
    }
    /// The places, in words(), of those that hang on a state.
    [[nodiscard]] view<std::uint16_t> words_of(std::size_t state) const {
        return {places_.data() + first_place_[state], first_place_[state + 1] - first_place_[state]};
    }

  protected:
    using bit_finder = std::optional<std::size_t> (*)(std::uint32_t index, direction access);

    static policy_table_size size_for(const catalogue::policy_entry& policy, bit_finder bit_of);
    bool fill(const catalogue::policy_entry& policy, const policy_inputs& inputs, bit_finder bit_of,
              const policy_table_storage& storage);

  private:
    friend class policy_table_builder;

    view<policy_word> words_;
    view<policy_part> parts_;
    view<catalogue::term> terms_;
    view<std::uint16_t> places_;
    std::uint32_t first_place_[catalogue::most_policy_inputs + 1]{};
};

}  // namespace detail

/// The table for VMX's or SVM's map.
template <class Map>
class policy_table : public detail::policy_table_base {
  public:
    [[nodiscard]] static policy_table_size size_for(const catalogue::policy_entry& policy) {
        return policy_table_base::size_for(policy, Map::bit_of);
    }

    /// Makes the table in storage that the caller gives and keeps, and which may not be that of a table in use; the
    /// error is the size that it should have had. Registers that the map does not cover are left out: they always exit.
    [[nodiscard]] static std::expected<policy_table, policy_table_size> make(const catalogue::policy_entry& policy,
                                                                             const policy_inputs& inputs,
                                                                             const policy_table_storage& storage) {
        policy_table result;
        if (!result.fill(policy, inputs, Map::bit_of, storage)) return std::unexpected{size_for(policy)};
        return result;
    }
};

}  // namespace msr::virt
