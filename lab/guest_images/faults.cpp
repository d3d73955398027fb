// Accesses that a CPU refuses, each with #GP(0) that the guest takes. Exits with the number of those that were refused:
// five, unless one was let through.
#include "lab/guest_images/exit.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_pat.hpp"

namespace {

using namespace msr;

constexpr native_bus bus{};
constexpr std::uint32_t no_register = 0x12345;
constexpr std::uint64_t reserved_memory_type = 2;
constexpr std::uint64_t not_canonical = std::uint64_t{1} << 62;

std::uint8_t refusals() {
    std::uint8_t count = 0;
    const auto add = [&](bool done) { count = static_cast<std::uint8_t>(count + (done ? 0 : 1)); };
    add(bus.write(ia32_pat::address, reserved_memory_type).has_value());
    add(bus.write(ia32_lstar::address, not_canonical).has_value());
    add(bus.write(ia32_efer::address, ~std::uint64_t{0}).has_value());
    add(bus.read(no_register).has_value());
    add(bus.write(no_register, 0).has_value());
    // None of them has changed anything.
    if (bus.read(ia32_pat::address) != ia32_pat::at_reset().raw()) return lab::unexpected;
    return count;
}

}  // namespace

std::uint8_t msr::lab::guest_result() {
    return refusals();
}
