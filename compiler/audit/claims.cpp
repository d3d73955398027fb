#include "compiler/audit/claims.hpp"

#include <fmt/format.h>

namespace msr::audit {

std::string claim_text(const claim& one) {
    switch (one.about) {
        case subject::name: return one.name;
        case subject::model: return fmt::format("{:02X}_{:02X}", one.on.family, one.on.model);
        case subject::field: break;
    }
    if (one.bits.open) return fmt::format("MAXPHYADDR-1..{}", one.bits.lsb);
    if (one.bits.msb == one.bits.lsb) return fmt::format("{}", one.bits.lsb);
    return fmt::format("{}..{}", one.bits.msb, one.bits.lsb);
}

}  // namespace msr::audit
