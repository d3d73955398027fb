// What depends on paging: EFER.LME cannot change while it is on, and LMA cannot be written. Exits with 0 if so.
#include "lab/guest_images/exit.hpp"
#include "msr/core/access.hpp"
#include "msr/core/native.hpp"
#include "msr/registers/ia32_efer.hpp"

namespace {

using namespace msr;

constexpr native_bus bus{};

std::uint8_t first_wrong() {
    const auto efer = read<ia32_efer>(bus);
    if (!efer || !efer->lme() || !efer->lma()) return 1;
    if (write<ia32_efer>(bus, efer->lme(false))) return 2;
    if (read<ia32_efer>(bus) != efer) return 3;
    if (!write<ia32_efer>(bus, efer->sce(true))) return 4;
    return read<ia32_efer>(bus)->sce() ? 0 : 5;
}

}  // namespace

std::uint8_t msr::lab::guest_result() {
    return first_wrong();
}
