#include "msr/rules/all.hpp"

namespace msr::rules {

// As KVM does with SYSENTER's pointers: an Intel CPU refuses what is not canonical, an AMD CPU drops the upper half,
// and a guest may come from either.
bool write_becomes_canonical(profile::attempt& asked) {
    if (asked.way == direction::read) return true;
    const auto above = 64 - asked.around.state.linear_width();
    asked.value = static_cast<std::uint64_t>(static_cast<std::int64_t>(asked.written << above) >> above);
    return true;
}

}  // namespace msr::rules
