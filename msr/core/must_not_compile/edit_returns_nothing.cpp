// An edit that returns nothing.
// error: an edit takes the register's value and returns the new one
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_efer.hpp"

using namespace msr;

[[maybe_unused]] static void example() {
#ifdef MISTAKE
    (void)update<ia32_efer>(native_bus{}, [](auto value) { (void)value; });
#endif
}
