#include "msr/context/segment_bases/table.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace msr::context {
namespace {

const mechanism_row& row(const std::vector<mechanism_row>& rows, std::string_view mechanism, delivery mode) {
    return *std::ranges::find_if(rows, [&](const auto& one) { return one.mechanism == mechanism && one.mode == mode; });
}

TEST(table, says_what_the_manuals_say) {
    const auto rows = mechanism_table();
    EXPECT_EQ(row(rows, "LKGS", delivery::fred).writes, "selector, inactive base (32 bits)");
    EXPECT_EQ(row(rows, "LKGS", delivery::idt).faults, "#GP, #NP, #PF");
    EXPECT_EQ(row(rows, "SWAPGS, and again", delivery::fred).writes, "nothing: #UD");
    EXPECT_TRUE(row(rows, "MOV, POP, LGS to GS", delivery::fred).safe_if.empty());
    EXPECT_TRUE(row(rows, "WRMSR IA32_KERNEL_GS_BASE", delivery::idt).unsafe.empty());
    EXPECT_FALSE(row(rows, "WRGSBASE", delivery::idt).unsafe.empty());
}

TEST(table, is_in_the_documentation) {
    std::ifstream file{"docs/segment-bases.md"};
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_NE(text.str().find(table_text(mechanism_table())), std::string::npos) << table_text(mechanism_table());
}

}  // namespace
}  // namespace msr::context
