// An element that the array lacks.
// error: this_constant_does_not_fit
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_pat.hpp"

using namespace msr;

[[maybe_unused]] static void example() {
#ifdef MISTAKE
    (void)ia32_pat{}.pa(8);
#endif
}
