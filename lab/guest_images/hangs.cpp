// Reads a register, and never leaves again.
#include "lab/guest_images/exit.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_pat.hpp"

std::uint8_t msr::lab::guest_result() {
    if (!msr::native_bus{}.read(msr::ia32_pat::address)) return unexpected;
    for (;;)
        asm volatile("pause");
}
