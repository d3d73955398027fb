// The same inside an edit.
// error: IA32_EFER\.LMA is read-only
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_efer.hpp"

using namespace msr;

[[maybe_unused]] static void example() {
#ifdef MISTAKE
    (void)update<ia32_efer>(native_bus{}, [](auto value) { return value.sce(true).lma(true); });
#endif
}
