// A setter called as if it changed the value.
// error: ignoring return value
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_efer.hpp"

using namespace msr;

[[maybe_unused]] static void example() {
    [[maybe_unused]] const ia32_efer value;
#ifdef MISTAKE
    value.sce(true);
#endif
}
