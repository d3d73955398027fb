// Searching sorted tables. Freestanding, where <algorithm> is not to be had.
#pragma once

#include <cstdint>

#include "msr/core/view.hpp"

namespace msr::catalogue {

/// The place of the first element whose key is not below the wanted one; the size if there is none.
template <class Element, class Key>
[[nodiscard]] constexpr std::size_t first_not_below(view<Element> sorted, std::uint32_t wanted, Key key_of) {
    std::size_t low = 0;
    std::size_t high = sorted.size();
    while (low < high) {
        const auto middle = (low + high) / 2;
        if (key_of(sorted[middle]) < wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

[[nodiscard]] constexpr bool contains(view<std::uint32_t> sorted, std::uint32_t wanted) {
    const auto at = first_not_below(sorted, wanted, [](std::uint32_t one) { return one; });
    return at < sorted.size() && sorted[at] == wanted;
}

}  // namespace msr::catalogue
