// Reading a command register.
// error: IA32_PRED_CMD is write-only
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_pred_cmd.hpp"

using namespace msr;

[[maybe_unused]] static void example() {
#ifdef MISTAKE
    (void)read<ia32_pred_cmd>(native_bus{});
#endif
}
