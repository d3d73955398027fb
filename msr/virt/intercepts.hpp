// Which accesses of one virtual CPU exit: a policy and a filter, kept in a map as the guest and user space change what
// they depend on. Freestanding; allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "msr/virt/policy_table.hpp"
#include "msr/virt/svm/msr_permission_map.hpp"
#include "msr/virt/vmx/msr_bitmap.hpp"

namespace msr::virt {

/// Anything that says of an access whether user space lets the guest make it.
template <class F>
concept msr_filter = requires(const F& filter, std::uint32_t index, direction access) {
    { filter.allows(index, access) } -> std::same_as<bool>;
};

/// A filter that somebody else owns; none allows everything.
class filter_reference {
  public:
    constexpr filter_reference() = default;
    template <msr_filter Filter>
        requires(!std::same_as<Filter, filter_reference>)
    constexpr filter_reference(const Filter& filter)
        : owner_{&filter}, ask_{[](const void* owner, std::uint32_t index, direction access) {
              return static_cast<const Filter*>(owner)->allows(index, access);
          }} {}

    [[nodiscard]] bool allows(std::uint32_t index, direction access) const {
        return ask_ == nullptr || ask_(owner_, index, access);
    }
    [[nodiscard]] explicit operator bool() const { return ask_ != nullptr; }

  private:
    const void* owner_ = nullptr;
    bool (*ask_)(const void* owner, std::uint32_t index, direction access) = nullptr;
};

/// An access that a change of intercepts has let pass, or made exit.
struct flipped_access {
    std::uint32_t index = 0;
    direction access = direction::read;
    bool passes = false;
};

/// Every change works out again only what depends on it, writes only the words of the map that differ, and calls
/// flipped(flipped_access) for each bit that did. The map, the table, the filter and the memory are the caller's and
/// have to stay.
template <class Map>
class intercepts {
  public:
    using table = policy_table<Map>;

    /// `allowed` has room for policy_table_size::words; of words beyond its room nothing passes. The map is whatever
    /// the policy lets pass in these states.
    intercepts(Map& map, const table& policy, profile::buffer<std::uint64_t> allowed, filter_reference filter = {},
               std::uint64_t states = 0)
        : map_{&map}, policy_{&policy}, allowed_{allowed}, filter_{filter}, states_{states} {
        map = Map{};
        consult_filter();
        decide();
    }

    [[nodiscard]] const Map& map() const { return *map_; }
    [[nodiscard]] std::uint64_t states() const { return states_; }
    [[nodiscard]] bool passes(std::uint32_t index, direction access) const { return !map_->intercepts(index, access); }

    /// The whole decision, into a map in which nothing passes that the policy cannot let pass.
    void decide() {
        const auto words = policy_->words();
        for (std::size_t at = 0; at < words.size(); ++at)
            map_->set_word(words[at].number, ~passed(at));
    }

    /// The states of `which` become those of `now`, the others stay: the first write of a register, EFER.SVME, a mode
    /// of the APIC.
    template <class Flipped>
    void change_states(std::uint64_t which, std::uint64_t now, Flipped&& flipped) {
        auto changed = (states_ ^ now) & which;
        states_ ^= changed;
        for (; changed != 0; changed &= changed - 1) {
            for (const auto place : policy_->words_of(static_cast<std::size_t>(__builtin_ctzll(changed))))
                update(place, flipped);
        }
    }
    template <class Flipped>
    void change_state(std::uint64_t which, bool now, Flipped&& flipped) {
        change_states(which, now ? which : 0, flipped);
    }

    /// User space has installed another filter, or changed the ranges of this one.
    template <class Flipped>
    void change_filter(filter_reference filter, Flipped&& flipped) {
        filter_ = filter;
        consult_filter();
        for (std::size_t at = 0; at < policy_->words().size(); ++at)
            update(at, flipped);
    }

    /// The guest got another CPUID, or another value of a register that announces capabilities (PERF_CAPABILITIES): the
    /// table of the same policy for it.
    template <class Flipped>
    void change_guest(const table& policy, Flipped&& flipped) {
        const auto before = policy_->words();
        policy_ = &policy;
        consult_filter();
        const auto after = policy.words();
        // Both are sorted: a word that no longer stands there lets nothing pass.
        std::size_t old = 0;
        for (std::size_t at = 0; at < after.size(); ++at) {
            for (; old < before.size() && before[old].number < after[at].number; ++old)
                put(before[old].number, ~std::uint64_t{0}, flipped);
            if (old < before.size() && before[old].number == after[at].number) ++old;
            update(at, flipped);
        }
        for (; old < before.size(); ++old)
            put(before[old].number, ~std::uint64_t{0}, flipped);
    }

  private:
    // A filter is slow, and says the same until it is changed.
    void consult_filter() {
        const auto words = policy_->words();
        for (std::size_t at = 0; at < words.size() && at < allowed_.room; ++at) {
            auto& allowed = allowed_.first[at];
            allowed = ~std::uint64_t{0};
            if (!filter_) continue;
            for (auto asked = policy_->ever_passed(words[at]) & words[at].filtered; asked != 0; asked &= asked - 1) {
                const auto bit = static_cast<std::size_t>(__builtin_ctzll(asked));
                const auto one = Map::access_of(words[at].number * std::size_t{64} + bit);
                if (!filter_.allows(one.index, one.access)) allowed &= ~(std::uint64_t{1} << bit);
            }
        }
    }

    [[nodiscard]] std::uint64_t passed(std::size_t place) const {
        return place < allowed_.room ? policy_->passed(policy_->words()[place], states_) & allowed_.first[place] : 0;
    }

    template <class Flipped>
    void update(std::size_t place, Flipped& flipped) {
        put(policy_->words()[place].number, ~passed(place), flipped);
    }

    template <class Flipped>
    void put(std::size_t number, std::uint64_t value, Flipped& flipped) {
        const auto before = map_->word(number);
        if (before == value) return;
        map_->set_word(number, value);
        for (auto differs = before ^ value; differs != 0; differs &= differs - 1) {
            const auto bit = static_cast<std::size_t>(__builtin_ctzll(differs));
            const auto one = Map::access_of(number * 64 + bit);
            flipped(flipped_access{one.index, one.access, (value >> bit & 1U) == 0});
        }
    }

    Map* map_;
    const table* policy_;
    profile::buffer<std::uint64_t> allowed_;
    filter_reference filter_;
    std::uint64_t states_;
};

/// What one virtual CPU needs: its map, its decisions, and a word for each word of the map that the policy is about.
template <class Map>
[[nodiscard]] constexpr std::size_t memory_of_intercepts(std::size_t policy_words) {
    return sizeof(Map) + sizeof(intercepts<Map>) + policy_words * sizeof(std::uint64_t);
}

// A policy of 200 registers that share no word still leaves it at that.
static_assert(memory_of_intercepts<svm::msr_permission_map>(200) <= std::size_t{10} * 1024);
static_assert(memory_of_intercepts<vmx::msr_bitmap>(400) <= std::size_t{10} * 1024);

}  // namespace msr::virt
