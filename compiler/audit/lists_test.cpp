// The readers of lists: what they take from each form, and what they say of lines that are not of it.

#include <gtest/gtest.h>

#include "compiler/audit/defines.hpp"
#include "compiler/audit/facts.hpp"
#include "compiler/audit/headers.hpp"
#include "compiler/audit/listing.hpp"

namespace msr::audit {
namespace {

constexpr header_form any_header{"header.h", "MSR_"};

std::vector<claim> header_claims(std::string_view text, problems& found) {
    std::vector<claim> result;
    read_header(any_header, "header.h", text, "header", result, found);
    return result;
}

// "NAME" of registers and "REGISTER msb..lsb" of fields, in order.
std::string summary(const std::vector<claim>& claims) {
    std::string result;
    for (const auto& one : claims) {
        if (!result.empty()) result += ", ";
        if (one.about == subject::field) result += one.registers.front() + " ";
        result += claim_text(one);
    }
    return result;
}

std::string header_summary(std::string_view text) {
    problems found;
    auto result = summary(header_claims(text, found));
    EXPECT_TRUE(found.empty());
    return result;
}

TEST(headers, bits_belong_to_the_register_that_their_name_begins_with) {
    EXPECT_EQ(header_summary("#define MSR_IA32_ALPHA 0x10\n#define MSR_BETA 0x11\n\n"
                             "#define ALPHA_ON (1UL << 3)\n#define MSR_BETA_LOCK_BIT 7\n"),
              "MSR_IA32_ALPHA, MSR_BETA, MSR_IA32_ALPHA 3, MSR_BETA 7");
}

TEST(headers, an_abbreviated_name_will_do_where_it_fits_one_register) {
    EXPECT_EQ(header_summary(
                  "#define MSR_ARCH_CAPABILITIES 0x10\n#define MSR_ARCH_BETA 0x11\n\n#define ARCH_CAP_ONE BIT(0)\n"),
              "MSR_ARCH_CAPABILITIES, MSR_ARCH_BETA, MSR_ARCH_CAPABILITIES 0");
    EXPECT_EQ(header_summary(
                  "#define MSR_CORE_ONE_STATUS 0x10\n#define MSR_ONE_STATISTICS 0x11\n\n#define ONE_STAT_A BIT(0)\n"),
              "MSR_CORE_ONE_STATUS, MSR_ONE_STATISTICS");
}

TEST(headers, other_bits_belong_to_the_register_before_them_up_to_an_empty_line) {
    EXPECT_EQ(header_summary("#define MSR_ALPHA 0x10\n#define FLUSH BIT(0) /* over\nlines */\n#define MORE BIT(1)\n"
                             "\n#define FAR_AWAY BIT(2)\n"),
              "MSR_ALPHA, MSR_ALPHA 0, MSR_ALPHA 1");
}

TEST(headers, masks_and_shifts_give_the_bits_in_the_register) {
    EXPECT_EQ(header_summary("#define MSR_ALPHA 0x10\n"
                             "#define ALPHA_IN_PLACE GENMASK_ULL(40, 33)\n"
                             "#define ALPHA_SIZE_SHIFT 8\n"
                             "#define ALPHA_SIZE_MASK 0x7\n"
                             "#define ALPHA_TYPE (0xfull << ALPHA_TYPE_OFFSET)\n"
                             "#define ALPHA_TYPE_OFFSET 56\n"),
              "MSR_ALPHA, MSR_ALPHA 40..33, MSR_ALPHA 10..8, MSR_ALPHA 59..56");
}

TEST(headers, what_is_no_address_and_no_run_of_bits_is_left_out) {
    EXPECT_EQ(header_summary("#define MSR_ALPHA 0x10\n"
                             "#define MSR_ALPHA_COUNT 0x3\n"
                             "#define MSR_ALPHA_STEPS 4\n"
                             "#define MSR_ALPHA_OF(x) (MSR_ALPHA + (x))\n"
                             "#define ALPHA_MIXED (BIT(0) | BIT(2))\n"
                             "#define ALPHA_NORMAL 6\n"
                             "#define ALPHA_LOOP ALPHA_LOOP_TOO << 1\n"
                             "#define ALPHA_LOOP_TOO ALPHA_LOOP << 1\n"
                             "#define ALPHA_FAR BIT(64)\n"
                             "#define ALPHA_OPEN BIT(\n"),
              "MSR_ALPHA");
}

TEST(headers, nesting_without_end_has_no_value) {
    std::string text = "#define MSR_ALPHA 0x10\n#define ALPHA_DEEP ";
    for (int depth = 0; depth < 100'000; ++depth)
        text += "BIT(";
    EXPECT_EQ(header_summary(text + "\n#define ALPHA_ON BIT(((3)))\n"), "MSR_ALPHA, MSR_ALPHA 3");
}

TEST(headers, another_name_of_a_register_claims_its_address) {
    problems found;
    const auto claims = header_claims("#define MSR_ALPHA 0x10\n#define MSR_OLD_ALPHA MSR_ALPHA\n", found);
    ASSERT_EQ(claims.size(), 2U);
    EXPECT_EQ(claims[1].address, claims[0].address);
}

TEST(headers, problems_name_the_line) {
    problems found;
    EXPECT_TRUE(header_claims("/* one\ntwo */\n#define MSR_ALPHA 0x1ffffffff\n", found).empty());
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].line, 3);
    found.clear();
    EXPECT_EQ(header_claims("#define MSR_ALPHA 0x10\n\n/* no end\n", found).size(), 1U);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].line, 3);
}

TEST(headers, a_line_that_goes_on_is_one_line) {
    problems found;
    const auto all = read_defines("header.h", "#define A \\\n 0x10\n#define B 2\n", found);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].value, "0x10");
    EXPECT_EQ(all[1].line, 3);
}

TEST(facts, a_row_is_a_claim_of_every_source_or_model) {
    problems found;
    std::vector<claim> claims;
    read_table("addresses.tsv", "address\tname\tsources\n0x00000020\tALPHA\tone,two\n", claims, found);
    read_table(
        "fields.tsv",
        "address\tfield\tmsb\tlsb\tsource\n0x00000020\tFIRST\t2\t0\tone\n0x00000030\tBASE\tMAXPHYADDR-1\t12\tone\n",
        claims, found);
    read_table("models.tsv", "address\tname\tfamily_model\tsdm_vol4_table\n0x00000020\t\t06_3F,19_1\t2-2\n", claims,
               found);
    name_registers(claims);
    EXPECT_TRUE(found.empty());
    ASSERT_EQ(claims.size(), 6U);
    EXPECT_EQ(claims[1].source, "two");
    EXPECT_EQ(claims[2].registers, std::vector<std::string>{"ALPHA"});
    EXPECT_EQ(claim_text(claims[2]), "2..0");
    EXPECT_EQ(claim_text(claims[3]), "MAXPHYADDR-1..12");
    EXPECT_TRUE(claims[3].registers.empty());
    EXPECT_EQ(claim_text(claims[5]), "19_01");
}

TEST(facts, a_line_that_is_no_row_is_named) {
    for (const auto* row :
         {"20\tALPHA\tone", "0x20\tALPHA", "0x1FFFFFFFF\tALPHA\tone", "0x20\tALPHA\tone,,two", "", "0x\tALPHA\tone"}) {
        problems found;
        std::vector<claim> claims;
        read_table("addresses.tsv", "address\tname\tsources\n" + std::string{row} + "\n0x00000010\tBETA\tone\n", claims,
                   found);
        ASSERT_EQ(found.size(), 1U) << row;
        EXPECT_EQ(found[0].line, 2) << row;
        EXPECT_EQ(claims.back().name, "BETA") << row;
    }
    for (const auto* row : {"0x10\tA\t1\t2\tone", "0x10\tA\t128\t2\tone", "0x10\tA\tx\t2\tone", "0x10\tA\t3\t2\t"}) {
        problems found;
        std::vector<claim> claims;
        read_table("fields.tsv", "address\tfield\tmsb\tlsb\tsource\n" + std::string{row} + "\n", claims, found);
        EXPECT_EQ(found.size(), 1U) << row;
        EXPECT_TRUE(claims.empty()) << row;
    }
}

TEST(facts, other_columns_and_other_tables_are_refused) {
    problems found;
    std::vector<claim> claims;
    read_table("models.tsv", "address,name\n", claims, found);
    read_table("other.tsv", "address\tname\tsources\n", claims, found);
    EXPECT_EQ(found.size(), 2U);
    EXPECT_TRUE(read_facts("/nonexistent", found).empty());
    EXPECT_EQ(found.size(), 3U);
}

TEST(listing, comments_before_an_address_are_its_name_and_its_bits) {
    problems found;
    const auto claims = parse_msrtool_listing(
        "listing",
        "some: A target\n# some MSRs:\n# IA32_ALPHA Register\n# 10:8 SECOND second\n#   0 FIRST\n0x00000020\n\n"
        "# BETA\n0x00000010\n",
        found);
    EXPECT_TRUE(found.empty());
    EXPECT_EQ(summary(claims), "IA32_ALPHA, IA32_ALPHA 10..8, IA32_ALPHA 0, BETA");
    EXPECT_EQ(claims.back().address, 0x10U);
}

TEST(listing, an_address_without_a_name_is_named_by_its_line) {
    problems found;
    EXPECT_TRUE(parse_msrtool_listing("listing", "# A\n\n0x00000020\n", found).empty());
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].line, 3);
}

}  // namespace
}  // namespace msr::audit
