// Things that are stored once and known by a number: equal things have one number.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

namespace msr::context {

/// `Thing` is compared and hashed as bytes. Numbers count from 0, in the order of arrival.
template <class Thing>
class interned {
    static_assert(std::has_unique_object_representations_v<Thing> && std::is_trivially_copyable_v<Thing>);

  public:
    interned() : slots_(1024, none) {}

    /// The number of a thing, and whether it was new.
    struct place {
        std::uint32_t number;
        bool is_new;
    };

    place add(const Thing& one) {
        if (2 * (things_.size() + 1) > slots_.size()) grow();
        auto slot = hash(one) & (slots_.size() - 1);
        for (; slots_[slot] != none; slot = (slot + 1) & (slots_.size() - 1)) {
            if (std::memcmp(&things_[slots_[slot]], &one, sizeof(Thing)) == 0) return {slots_[slot], false};
        }
        slots_[slot] = static_cast<std::uint32_t>(things_.size());
        things_.push_back(one);
        return {slots_[slot], true};
    }

    [[nodiscard]] const Thing& operator[](std::uint32_t number) const { return things_[number]; }
    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(things_.size()); }

  private:
    static constexpr std::uint32_t none = 0xFFFFFFFF;

    // Multiply and fold, eight bytes at a time.
    static std::uint64_t hash(const Thing& one) {
        std::uint64_t result = sizeof(Thing);
        const auto* bytes = reinterpret_cast<const unsigned char*>(&one);
        for (std::size_t at = 0; at < sizeof(Thing); at += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, bytes + at, sizeof(Thing) - at < 8 ? sizeof(Thing) - at : 8);
            result = (result ^ word) * 0x9E3779B97F4A7C15;
            result ^= result >> 32U;
        }
        return result;
    }

    void grow() {
        std::vector<std::uint32_t> larger(slots_.size() * 2, none);
        for (std::uint32_t number = 0; number < things_.size(); ++number) {
            auto slot = hash(things_[number]) & (larger.size() - 1);
            while (larger[slot] != none)
                slot = (slot + 1) & (larger.size() - 1);
            larger[slot] = number;
        }
        slots_ = std::move(larger);
    }

    std::vector<Thing> things_;
    std::vector<std::uint32_t> slots_;
};

}  // namespace msr::context
