// A negative number in a field without a sign.
// error: this_constant_does_not_fit
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_mtrr_physbase.hpp"

using namespace msr;

[[maybe_unused]] static void example() {
#ifdef MISTAKE
    (void)ia32_mtrr_physbase{}.physbase(-4096);
#endif
}
