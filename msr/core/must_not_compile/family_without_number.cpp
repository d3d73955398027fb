// A family, but which member?
// error: no matching function
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_mtrr_physbase.hpp"

using namespace msr;

[[maybe_unused]] static void example() {
#ifdef MISTAKE
    (void)read<ia32_mtrr_physbase>(native_bus{});
#endif
}
