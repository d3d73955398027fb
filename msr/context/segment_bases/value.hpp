// The 64-bit values that a run can meet, each known by a byte: a state of the CPU stays small, and its values exact.
// Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>

namespace msr::context {

/// A value's number in its list.
enum class value : std::uint8_t {};

/// The first value of every list.
inline constexpr value zero{0};

class value_list {
  public:
    /// More are never asked for: the reader of sequences takes a third of it, and each can lose its upper or its lower
    /// bits once.
    static constexpr std::size_t most = 255;

    constexpr value_list() { (void)add(0); }

    /// The number of a value, which is added if it is new. With the list full, of the last one.
    constexpr value add(std::uint64_t bits) {
        for (std::size_t at = 0; at < count_; ++at) {
            if (bits_[at] == bits) return static_cast<value>(at);
        }
        if (count_ < most) ++count_;
        bits_[count_ - 1] = bits;
        return static_cast<value>(count_ - 1);
    }

    [[nodiscard]] constexpr std::uint64_t operator[](value number) const {
        return bits_[static_cast<std::size_t>(number)];
    }
    [[nodiscard]] constexpr std::size_t size() const { return count_; }

  private:
    std::uint64_t bits_[most]{};
    std::size_t count_ = 0;
};

}  // namespace msr::context
