// Every claim against the catalogue.
#pragma once

#include <string>
#include <vector>

#include "compiler/audit/claims.hpp"
#include "msr/catalogue/model.hpp"

namespace msr::audit {

/// What the catalogue has to say of a claim.
enum class outcome : std::uint8_t {
    agreed,
    other_name,  // a register stands there, under other names only
    regrouped,   // the same bits, as several fields here that are one there, or the other way round
    absent,      // no register of the catalogue stands there, or its fields are not known
    conflicting,
};

struct finding {
    const claim* about = nullptr;
    outcome result = outcome::agreed;
    std::string here = {};  // what the catalogue has instead
};

/// One finding a claim, in the claims' order, which must outlive the result. Claims that a source repeats count once.
[[nodiscard]] std::vector<finding> compare(const std::vector<claim>& claims, const catalogue::tables& facts);

}  // namespace msr::audit
