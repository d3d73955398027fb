// The bus of ring 0: this CPU's own registers. Freestanding. A fault's CPU number is 0: the caller knows where it runs.
#pragma once

#include <cstdint>

#include "msr/core/bus.hpp"
#include "msr/core/instructions.hpp"

namespace msr {

/// RDMSR and WRMSR. A #GP is cause::refused, once the kernel's handler calls `recover` (recovery.hpp).
struct native_bus {
    [[nodiscard, gnu::always_inline]] result<std::uint64_t> read(std::uint32_t index) const {
        return instructions::rdmsr(index);
    }
    [[nodiscard, gnu::always_inline]] result<void> write(std::uint32_t index, std::uint64_t value) const {
        return instructions::wrmsr(index, value);
    }
};

/// The same, but writing with WRMSRNS: later instructions need not wait. For CPUs that enumerate it.
class native_bus_non_serialising {
  public:
    explicit constexpr native_bus_non_serialising(enumerated<features::wrmsrns> by_cpuid) : enumerated_{by_cpuid} {}

    [[nodiscard, gnu::always_inline]] result<std::uint64_t> read(std::uint32_t index) const {
        return instructions::rdmsr(index);
    }
    [[nodiscard, gnu::always_inline]] result<void> write(std::uint32_t index, std::uint64_t value) const {
        return instructions::wrmsrns(enumerated_, index, value);
    }

  private:
    enumerated<features::wrmsrns> enumerated_;
};

static_assert(bus<native_bus> && bus<native_bus_non_serialising>);

}  // namespace msr
