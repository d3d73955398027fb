// An instruction that a CPU need not have, with nothing that says that this one has it.
// error: native_bus_non_serialising::native_bus_non_serialising|no matching constructor for initialization of
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_kernel_gs_base.hpp"

using namespace msr;

[[maybe_unused]] static bool example(enumerated<features::wrmsrns> has) {
    const bool done = write(native_bus_non_serialising{has}, ia32_kernel_gs_base{}).has_value();
#ifdef MISTAKE
    return write(native_bus_non_serialising{}, ia32_kernel_gs_base{}).has_value();
#endif
    return done;
}
