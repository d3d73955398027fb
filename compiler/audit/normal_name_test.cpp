#include "compiler/audit/normal_name.hpp"

#include <gtest/gtest.h>

namespace msr::audit {
namespace {

TEST(normal_name, one_register_has_one_name_whatever_the_project_puts_before_it) {
    EXPECT_EQ(bare_name("MSR_IA32_ALPHA"), bare_name("IA32_ALPHA"));
    EXPECT_EQ(bare_name("MSR_AMD64_TSC_RATIO"), bare_name("TSC_RATIO"));
    EXPECT_EQ(bare_name("MSR_HASWELL_E_PKG_POWER_LIMIT"), bare_name("msr_pkg_power_limit"));
    EXPECT_EQ(bare_name("ia32_perfmon_counters[3]"), bare_name("IA32_PERFMON_COUNTERS3"));
    EXPECT_NE(bare_name("IA32_ALPHA"), bare_name("IA32_CR_PAT"));
}

TEST(normal_name, the_exact_name_keeps_vendor_and_model) {
    EXPECT_NE(exact_name("MSR_K7_PERFCTR0"), exact_name("MSR_PERFCTR0"));
    EXPECT_EQ(exact_name("MSR_PERFCTR0"), exact_name("IA32_PERFCTR0"));
}

TEST(normal_name, a_prefix_alone_stays) {
    EXPECT_EQ(bare_name("MSR_"), "MSR");
    EXPECT_EQ(bare_name(""), "");
    EXPECT_TRUE(words_of("").empty());
}

TEST(normal_name, bits_without_a_meaning_are_known_by_their_names) {
    EXPECT_TRUE(means_reserved("Reserved2"));
    EXPECT_TRUE(means_reserved("MUST_BE_ZERO"));
    EXPECT_FALSE(means_reserved("PRESERVE"));
    EXPECT_FALSE(means_reserved("RSV"));
}

}  // namespace
}  // namespace msr::audit
