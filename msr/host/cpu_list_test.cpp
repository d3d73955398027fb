#include "msr/host/cpu_list.hpp"

#include <gtest/gtest.h>

namespace msr::host {
namespace {

using cpus = std::vector<std::uint32_t>;

TEST(cpu_list, reads_the_kernels_form) {
    EXPECT_EQ(parse_cpu_list("0").value(), (cpus{0}));
    EXPECT_EQ(parse_cpu_list("0-3,8\n").value(), (cpus{0, 1, 2, 3, 8}));
    EXPECT_EQ(parse_cpu_list("8,0-1").value(), (cpus{0, 1, 8}));
    EXPECT_EQ(parse_cpu_list("0-2,1-3,2").value(), (cpus{0, 1, 2, 3}));
    EXPECT_EQ(parse_cpu_list("8191").value(), (cpus{8191}));
}

TEST(cpu_list, refuses_nonsense_and_quotes_it) {
    for (const auto* const list :
         {"",      "\n",  ",",    "0,", ",0",  "0,,1", "a",  "-1",   "1-",           "-",
          "0-1-2", "3-1", "0 ,1", " 0", "0x1", "1.5",  "+1", "8192", "0-4294967295", "99999999999999999999",
          "0\n\n"}) {
        const auto parsed = parse_cpu_list(list);
        ASSERT_FALSE(parsed) << list;
        EXPECT_EQ(parsed.error().kind, error_kind::bad_input);
        EXPECT_NE(parsed.error().line().find("0-3,8"), std::string::npos) << "no example in: " << parsed.error().line();
    }
    EXPECT_NE(parse_cpu_list("0,4-x").error().why.find("\"4-x\""), std::string::npos);
    EXPECT_NE(parse_cpu_list("0,5-3").error().why.find("\"5-3\" runs backwards"), std::string::npos);
    EXPECT_NE(parse_cpu_list("").error().why.find("empty"), std::string::npos);
}

TEST(cpu_list, prints_what_it_reads) {
    for (const auto* const list : {"0", "0-3,8", "1,3,5", "0-8191", "0,2-3"}) {
        EXPECT_EQ(format_cpu_list(parse_cpu_list(list).value()), list);
    }
    EXPECT_EQ(format_cpu_list({}), "");
}

TEST(cpu_list, a_long_list_of_overlapping_ranges_stays_small) {
    std::string list = "0-8191";
    for (int times = 0; times < 2000; ++times) {
        list += ",0-8191";
    }
    EXPECT_EQ(parse_cpu_list(list).value().size(), cpu_limit);
}

}  // namespace
}  // namespace msr::host
