#include "tools/msr/kvm_filter.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "msr/catalogue/built_in.hpp"
#include "msr/registers/ia32_efer.hpp"
#include "msr/registers/ia32_lstar.hpp"
#include "msr/registers/ia32_star.hpp"
#include "msr/registers/ia32_time_stamp_counter.hpp"

namespace tool {
namespace {

namespace virt = msr::virt;
using msr::direction;

// A file with these ranges, which denies all else.
std::string filter_text(std::string_view ranges, std::string_view otherwise = "deny") {
    return fmt::format(R"({{"format": "msrkit-kvm-filter", "version": 1, "default": "{}", "ranges": [{}]}})", otherwise,
                       ranges);
}

host::outcome<owned_kvm_filter> read_text(std::string_view text) {
    return read_kvm_filter(text, "FILE", catalogue::built_in());
}

std::string complaint_about(std::string_view text) {
    const auto filter = read_text(text);
    return filter ? "none" : filter.error().line();
}

constexpr std::string_view system_calls =
    R"({"access": "rw", "base": "IA32_EFER", "count": 5, "allowed": ["IA32_STAR", "0xc0000082-0xc0000084"]})";
constexpr std::string_view time_is_read =
    R"({"access": "r", "base": "TSC", "count": 1, "allowed": ["IA32_TIME_STAMP_COUNTER"]})";

TEST(kvm_filter_file, says_what_is_allowed_by_name_or_address) {
    const auto filter = read_text(filter_text(fmt::format("{},{}", time_is_read, system_calls)));
    ASSERT_TRUE(filter) << filter.error().line();
    const auto made = **filter;
    EXPECT_TRUE(made.allows(msr::ia32_time_stamp_counter::address, direction::read));
    EXPECT_FALSE(made.allows(msr::ia32_time_stamp_counter::address, direction::write));
    EXPECT_TRUE(made.allows(msr::ia32_star::address, direction::write));
    EXPECT_TRUE(made.allows(msr::ia32_lstar::address, direction::read));
    EXPECT_EQ(made.decide(msr::ia32_efer::address, direction::read).range, 1U);
    EXPECT_FALSE(made.allows(msr::ia32_efer::address, direction::read));
}

TEST(kvm_filter_file, is_the_same_when_it_is_written_and_read_again) {
    const auto empty_slot = R"({"access": "w", "base": "0x0", "count": 0, "allowed": []})";
    const auto wraps = R"({"access": "w", "base": "0xfffffffe", "count": 4, "allowed": ["0xffffffff", "0x0"]})";
    const auto text = filter_text(fmt::format("{},{},{},{}", time_is_read, empty_slot, wraps, system_calls), "allow");
    const auto filter = read_text(text);
    ASSERT_TRUE(filter) << filter.error().line();
    const auto written = write_kvm_filter(**filter);
    const auto again = read_text(written);
    ASSERT_TRUE(again) << again.error().line();
    EXPECT_EQ(write_kvm_filter(**again), written);
    const auto one = **filter;
    const auto other = **again;
    ASSERT_EQ(other.ranges.size(), one.ranges.size());
    EXPECT_EQ(other.flags, one.flags);
    for (std::size_t at = 0; at < one.ranges.size(); ++at) {
        EXPECT_EQ(other.ranges[at].base, one.ranges[at].base);
        EXPECT_EQ(other.ranges[at].flags, one.ranges[at].flags);
        EXPECT_TRUE(std::ranges::equal(other.ranges[at].bitmap, one.ranges[at].bitmap));
    }
}

TEST(kvm_filter_file, shows_names_beside_addresses) {
    const auto filter = read_text(filter_text(system_calls));
    const auto page = kvm_filter_page(**filter, catalogue::built_in());
    EXPECT_NE(page.find("IA32_STAR IA32_LSTAR"), std::string::npos) << page;
    EXPECT_NE(page.find("all else is denied"), std::string::npos) << page;
}

TEST(kvm_filter_file, what_kvm_would_refuse_is_refused_with_its_reason) {
    EXPECT_NE(complaint_about(filter_text("")).find("denies by default and has no range"), std::string::npos);
    const auto range = [](std::string_view access, unsigned count) {
        return fmt::format(R"({{"access": "{}", "base": "0x0", "count": {}, "allowed": []}})", access, count);
    };
    EXPECT_NE(complaint_about(filter_text(range("r", 4) + "," + range("r", 0x3001))).find("range 2: it has more"),
              std::string::npos);
    std::string crowd = range("r", 1);
    for (int at = 0; at < 16; ++at)
        crowd += "," + range("w", 1);
    EXPECT_NE(complaint_about(filter_text(crowd)).find("more than 16 ranges"), std::string::npos);
    EXPECT_NE(complaint_about(filter_text(range("", 1))).find("range 1: \"access\" is none of"), std::string::npos);
}

TEST(kvm_filter_file, nonsense_is_refused_with_its_place) {
    const auto with = [](std::string_view members) {
        return complaint_about(filter_text(fmt::format("{{{}}}", members)));
    };
    EXPECT_NE(complaint_about("").find("line 1: it is not JSON"), std::string::npos);
    EXPECT_NE(complaint_about("[]").find("this is no filter"), std::string::npos);
    EXPECT_NE(complaint_about("{\"format\": \"msrkit-kvm-filter\", \"version\": 2}").find("\"version\""),
              std::string::npos);
    EXPECT_NE(complaint_about(filter_text("", "maybe")).find("\"default\""), std::string::npos);
    EXPECT_NE(with(R"("access": "r", "access": "w")").find("stands twice"), std::string::npos);
    EXPECT_NE(with(R"("access": "r")").find("range 1: \"base\" is missing"), std::string::npos);
    EXPECT_NE(with(R"("access": "r", "base": "0x10", "count": -1, "allowed": [])").find("no whole number"),
              std::string::npos);
    EXPECT_NE(with(R"("access": "r", "base": "0x10", "count": 1, "allowed": ["0x11"])").find("not within"),
              std::string::npos);
    EXPECT_NE(with(R"("access": "r", "base": "IA32_NO", "count": 1, "allowed": [])").find("IA32_NO"),
              std::string::npos);
    EXPECT_NE(with(R"("access": "r", "base": "IA32_EFER.LME", "count": 1, "allowed": [])").find("is a field"),
              std::string::npos);
    EXPECT_NE(with(R"("access": "r", "base": "0x10", "count": 1, "allowed": ["0x11-0x10"])").find("no stretch"),
              std::string::npos);
    EXPECT_NE(with(R"("access": "r", "base": "0x10", "count": 1, "allowed": [], "more": 1)").find("\"more\" is no key"),
              std::string::npos);
    EXPECT_NE(complaint_about("[[[[[[]]]]]]").find("nested too deeply"), std::string::npos);
}

}  // namespace
}  // namespace tool
