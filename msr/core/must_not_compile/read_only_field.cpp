// A field that hardware alone changes.
// error: IA32_EFER\.LMA is read-only
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_efer.hpp"

using namespace msr;

[[maybe_unused]] static void example() {
#ifdef MISTAKE
    (void)ia32_efer{}.lma(true);
#endif
}
