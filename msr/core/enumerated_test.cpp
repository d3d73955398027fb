#include "msr/core/enumerated.hpp"

#include <algorithm>
#include <type_traits>

#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/core/native.hpp"

namespace msr {
namespace {

struct cpu_with {
    text feature;
    [[nodiscard]] bool has(text name) const { return name == feature; }
};

TEST(enumerated, is_to_be_had_from_a_cpu_with_the_feature) {
    EXPECT_TRUE(enumerated<features::wrmsrns>::by(cpu_with{"wrmsrns"}));
    EXPECT_FALSE(enumerated<features::wrmsrns>::by(cpu_with{"msrlist"}));
}

TEST(enumerated, cannot_be_made_up_and_costs_nothing) {
    using proof = enumerated<features::wrmsrns>;
    EXPECT_FALSE(std::is_default_constructible_v<proof>);
    EXPECT_FALSE((std::is_constructible_v<native_bus_non_serialising, enumerated<features::lkgs>>));
    EXPECT_TRUE(std::is_empty_v<proof>);
}

// A name that is not there would be a feature that no CPU has.
TEST(enumerated, names_features_of_the_catalogue) {
    using namespace features;
    for (const auto& name : {wrmsrns::name, msrlist::name, msr_imm::name, lkgs::name, fsgsbase::name}) {
        const auto same = [&](const auto& one) { return one.name == name; };
        EXPECT_TRUE(std::ranges::any_of(catalogue::built_in().features, same)) << std::string_view{name};
    }
}

}  // namespace
}  // namespace msr
