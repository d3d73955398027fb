// The one concept that hardware is behind: ring 0, /dev/cpu/N/msr, a KVM vCPU, a snapshot and a test's fake satisfy it.
#pragma once

#include <concepts>
#include <cstdint>

#include "msr/core/fault.hpp"

namespace msr {

/// Something whose registers can be read. `index` is the register's address (ECX of RDMSR).
template <class B>
concept readable_bus = requires(B& bus, std::uint32_t index) {
    { bus.read(index) } -> std::same_as<result<std::uint64_t>>;
};

template <class B>
concept bus = readable_bus<B> && requires(B& bus, std::uint32_t index, std::uint64_t value) {
    { bus.write(index, value) } -> std::same_as<result<void>>;
};

}  // namespace msr
