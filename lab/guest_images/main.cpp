// What the guests in C++ share: a refused access becomes a value, and anything else that should not have happened ends
// them.
#include "lab/guest_images/exit.hpp"
#include "lab/image/exceptions.hpp"
#include "msr/core/recovery.hpp"

void image_exception(msr::lab::frame* interrupted) {
    using namespace msr::lab;
    if (interrupted->vector == vector::general_protection && interrupted->error_code == 0 &&
        msr::recover(interrupted->instruction_pointer))
        return;
    exit_with(unexpected);
}

void image_main() {
    msr::lab::load_gates();
    msr::lab::exit_with(msr::lab::guest_result());
}
