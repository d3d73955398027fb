// A number where a flag is meant: 2 would become true.
// error: no matching .*sce
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_efer.hpp"

using namespace msr;

[[maybe_unused]] static void example() {
#ifdef MISTAKE
    (void)ia32_efer{}.sce(2);
#endif
}
