// Reads a register, and never leaves again.
#include "lab/guest_images/exit.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_pat.hpp"

void image_exception(msr::lab::frame*) {
    msr::lab::exit_with(msr::lab::unexpected);
}

void image_main() {
    if (!msr::native_bus{}.read(msr::ia32_pat::address)) msr::lab::exit_with(msr::lab::unexpected);
    for (;;)
        asm volatile("pause");
}
