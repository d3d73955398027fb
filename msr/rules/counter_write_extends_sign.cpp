#include "msr/rules/all.hpp"

namespace msr::rules {

// SDM volume 3, 20.2.8: without the full-width addresses a counter takes 32 bits, and bit 31 for all above.
bool counter_write_extends_sign(profile::attempt& asked) {
    if (asked.way == direction::read || asked.by_host) return true;
    asked.value = static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(asked.written)}) & asked.writable;
    return true;
}

}  // namespace msr::rules
