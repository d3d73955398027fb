// A variable of which bits could be lost, without checked or truncated.
// error: constant expression|consteval
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_mtrr_physbase.hpp"

using namespace msr;

[[maybe_unused]] static void example() {
    [[maybe_unused]] std::uint64_t address = 0x1000;
#ifdef MISTAKE
    (void)ia32_mtrr_physbase{}.physbase(address);
#endif
}
