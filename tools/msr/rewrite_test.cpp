// Which registers may be written with their own value.
#include "tools/msr/rewrite.hpp"

#include <gtest/gtest.h>

#include "msr/catalogue/load/test_catalogue.hpp"

namespace tool {
namespace {

using catalogue::load::entry_of;
using catalogue::load::load_text;
using catalogue::load::register_of;

// What speaks against it of a register with a plain low byte, the given field above it, and one more line.
std::string why_not(std::string_view field, std::string_view more = "", std::uint64_t holds = 0x1FF) {
    const auto loaded = load_text(register_of({"63..9: mbz", field, "7..0: PLAIN"}, more));
    if (!loaded) return "not loaded";
    const auto& facts = loaded->tables();
    const profile::profile cpu{facts, {}, {}};
    return why_not_rewritten({.entry = &entry_of(facts, "R")}, cpu, holds, nullptr, 0);
}

TEST(why_not_rewritten, nothing_speaks_against_what_just_stores) {
    EXPECT_EQ(why_not("8: OTHER"), "");
    EXPECT_EQ(why_not("8: {name: OTHER, access: ro, on_write: must_match}"), "") << "written as it is";
    EXPECT_EQ(why_not("8: {name: RESET, danger: resets, exists: fast}", "", 0xFF), "")
        << "a field that this CPU has not";
}

TEST(why_not_rewritten, a_field_that_is_more_than_storage_does) {
    EXPECT_EQ(why_not("8: {name: RESET, danger: resets}"), "a write of RESET resets the machine");
    EXPECT_EQ(why_not("8: {name: COUNT, varies: changing}"), "COUNT changes by itself");
    for (const auto* const kind : {"w1c", "w1s", "w0c", "wo"}) {
        EXPECT_EQ(why_not(std::string{"8: {name: BIT, access: "} + kind + "}"),
                  "a write of BIT does not just store a value")
            << kind;
    }
}

TEST(why_not_rewritten, so_does_the_register) {
    EXPECT_EQ(why_not("8: OTHER", "access: ro"), "it is read-only");
    EXPECT_EQ(why_not("8: OTHER", "access: wo"), "a write of it does not just store a value");
    EXPECT_EQ(why_not("8: OTHER", "varies: changing"), "it changes by itself");
    EXPECT_EQ(why_not("8: LOCK", "lock: [{field: LOCK, locks: all, effect: fault}]"), "it has a lock");
    EXPECT_EQ(why_not("8: OTHER", "rules: [known_rule]"), "a write of it does more than its fields say");
    EXPECT_NE(why_not("8: OTHER", "scope: package").find("one register for each package"), std::string::npos);
}

TEST(why_not_rewritten, so_does_the_engine) {
    EXPECT_NE(why_not("8: OTHER", "", 0x200).find("the CPU would refuse it"), std::string::npos);
    EXPECT_EQ(why_not("8: ignored"), "it would then hold 0xff");
}

}  // namespace
}  // namespace tool
