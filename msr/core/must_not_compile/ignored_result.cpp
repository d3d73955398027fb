// A fault that nobody looks at.
// error: ignoring return value
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_efer.hpp"

using namespace msr;

[[maybe_unused]] static void example() {
#ifdef MISTAKE
    read<ia32_efer>(native_bus{});
#endif
}
