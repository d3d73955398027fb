// A memory type of another kind of register.
// error: memory_type|no matching
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_mtrr_def_type.hpp"
#include "msr/registers/ia32_pat.hpp"

using namespace msr;

[[maybe_unused]] static void example() {
#ifdef MISTAKE
    (void)ia32_pat{}.pa(0, memory_type_mtrr::wb);
#endif
}
