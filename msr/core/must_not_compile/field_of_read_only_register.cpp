// A field of a register that no instruction writes.
// error: IA32_VMX_BASIC\.[A-Z_0-9]+ is read-only
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_vmx_basic.hpp"

using namespace msr;

[[maybe_unused]] static void example() {
#ifdef MISTAKE
    (void)ia32_vmx_basic{}.vmcs_revision(1);
#endif
}
