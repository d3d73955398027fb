// What the conditions of an intercept policy are asked of, but for the states, which the guest changes. Freestanding.
#pragma once

#include "msr/profile/profile.hpp"

namespace msr::virt {

struct policy_inputs {
    const profile::profile& host;
    const profile::profile& guest;
    std::uint64_t settings = 0;  // by the numbers of the catalogue's settings

    [[nodiscard]] const profile::profile& cpu(catalogue::subject whose) const {
        return whose == catalogue::subject::guest ? guest : host;
    }
    [[nodiscard]] bool setting(std::uint32_t index) const { return (settings >> index & 1U) != 0; }
};

/// The bit of a setting or state in a set of them, by its name; 0 for one that the catalogue does not have.
[[nodiscard]] constexpr std::uint64_t input_bit(view<catalogue::policy_input> inputs, text name) {
    for (std::size_t at = 0; at < inputs.size(); ++at) {
        if (inputs[at].name == name) return std::uint64_t{1} << at;
    }
    return 0;
}

}  // namespace msr::virt
