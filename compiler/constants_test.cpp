#include "compiler/constants.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "compiler/exports.hpp"
#include "msr/core/test/toolchain.hpp"

namespace msr::compiler {
namespace {

using namespace catalogue;

constexpr enumerator shades[]{{.match = 0, .name = "DARK"},
                              {.match = 1, .name = "RESERVED"},
                              {.match = 2, .name = "RESERVED"},
                              {.match = 4, .mask = ~std::uint64_t{3}, .name = "BRIGHT", .title = "any of four */ /*"}};
constexpr enumeration_entry shade_list[]{{.name = "shade", .title = "Shades", .values = shades}};
constexpr quantity_entry widths[]{{.name = "WIDTH", .minimum = 32, .maximum = 52},
                                  {.name = "LANES", .minimum = 0, .maximum = 8}};

constexpr field_entry bit_field(text name, std::int16_t bit) {
    return {.name = name, .title = name, .msb = {bit}, .lsb = {bit}};
}

constexpr field_entry fields_of_a[]{
    {.name = "PAGE", .msb = {-1, 0}, .lsb = {12}},
    {.name = "REST", .msb = {63}, .lsb = {32, 1}},
    bit_field("B_C", 9),
    bit_field("MOVES", 8),
    bit_field("MOVES", 7),
    bit_field("SAME", 6),
    bit_field("SAME", 6),
    {.name = "PART.SHADE", .msb = {5}, .lsb = {3}, .values = &shade_list[0]},
    {.msb = {2}, .lsb = {0}, .kind = field_kind::must_be_zero},
};
constexpr field_entry fields_of_a_b[]{bit_field("C", 1)};

constexpr register_entry entries[]{
    {.name = "A", .address = 0x10, .fields_known = true, .has_reset = true, .reset = 5, .fields = fields_of_a},
    {.name = "A_B", .address = 0x11, .fields_known = true, .fields = fields_of_a_b},
    {.name = "TWICE", .variant = "old", .address = 0x12},
    {.name = "TWICE", .variant = "new", .address = 0x12},
    {.name = "MOVED", .variant = "old", .address = 0x13},
    {.name = "MOVED", .variant = "new", .address = 0x14},
    {.name = "MANY", .address = 0x20, .stride = 4, .members = 3, .first = 1},
};

tables made_up() {
    tables all;
    all.quantities = widths;
    all.enumerations = shade_list;
    all.registers = entries;
    return all;
}

std::vector<std::string> constant_names() {
    std::vector<std::string> result;
    const auto groups = constants_of(made_up());
    if (!groups) return {groups.error()};
    for (const auto& group : *groups) {
        for (const auto& one : group.constants)
            result.push_back(one.name);
    }
    return result;
}

bool has_constant(const std::string& name) {
    const auto all = constant_names();
    return std::ranges::find(all, name) != all.end();
}

TEST(constants, of_two_fields_that_would_be_one_name_carry_their_bits) {
    EXPECT_TRUE(has_constant("A_B_C_9_9_MASK"));
    EXPECT_TRUE(has_constant("A_B_C_1_1_MASK"));
    EXPECT_FALSE(has_constant("A_B_C_MASK"));
    EXPECT_TRUE(has_constant("A_MOVES_8_8_SHIFT"));
    EXPECT_TRUE(has_constant("A_MOVES_7_7_SHIFT"));
    EXPECT_TRUE(has_constant("A_SAME_SHIFT"));
}

TEST(constants, of_variants_carry_the_variant_and_share_an_address) {
    EXPECT_TRUE(has_constant("TWICE"));
    EXPECT_TRUE(has_constant("TWICE_OLD"));
    EXPECT_TRUE(has_constant("TWICE_NEW"));
    EXPECT_FALSE(has_constant("MOVED")) << "it has two addresses";
    EXPECT_TRUE(has_constant("MOVED_OLD"));
}

TEST(constants, of_enumerators_tell_their_values_apart) {
    EXPECT_TRUE(has_constant("SHADE_DARK"));
    EXPECT_TRUE(has_constant("SHADE_RESERVED_1"));
    EXPECT_TRUE(has_constant("SHADE_RESERVED_2"));
    EXPECT_TRUE(has_constant("SHADE_BRIGHT_MATCH"));
    EXPECT_TRUE(has_constant("SHADE_BRIGHT_MASK"));
}

TEST(constants, with_two_meanings_are_an_error_that_names_them) {
    const register_entry twins[]{{.name = "R_OLD", .address = 1}, {.name = "R", .variant = "old", .address = 2}};
    auto all = made_up();
    all.registers = twins;
    const auto made = constants_of(all);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error(), "two constants would be R_OLD");
    EXPECT_FALSE(c_header(all));
    EXPECT_FALSE(rust_module(all));
}

// What holds of the made-up catalogue's header, by both compilers and both languages.
TEST(constants, are_those_of_the_registers) {
    const auto folder = testing::TempDir() + "constants_" + std::to_string(getpid());
    std::filesystem::create_directories(folder);
    std::ofstream{folder + "/made_up.h"} << *c_header(made_up());
    std::ofstream{folder + "/use.c"} << R"(#include "made_up.h"
#define CHECK(name, what) extern char name[(what) ? 1 : -1]
CHECK(page, A_PAGE_MASK(40) == 0xFFFFFFF000ULL && A_PAGE_MASK(12) == 0);
CHECK(rest, A_REST_SHIFT(2) == 34 && A_REST_MASK(2) == 0xFFFFFFFC00000000ULL);
CHECK(part, MSRKIT_PUT(A_PART_SHADE, SHADE_RESERVED_2) == 0x10 && MSRKIT_GET(A_PART_SHADE, 0x3FULL) == 7);
CHECK(pattern, (6 & SHADE_BRIGHT_MASK) == SHADE_BRIGHT_MATCH && (8 & SHADE_BRIGHT_MASK) != SHADE_BRIGHT_MATCH);
CHECK(many, MANY(3) == 0x28 && MANY_MEMBERS == 3 && A_AT_RESET == 5);
)";
    for (const auto& compiler : test::compilers) {
        for (const std::string language : {" -x c -std=c99 ", " -x c++ -std=c++11 "}) {
            const auto made =
                test::run(compiler + language + "-ffreestanding -Wall -Wextra -Werror -pedantic -fsyntax-only -I" +
                          folder + " " + folder + "/use.c");
            EXPECT_EQ(made.status, 0) << compiler << language << made.output;
        }
    }
    std::filesystem::remove_all(folder);
}

TEST(json_document, keeps_what_the_catalogue_writes) {
    const auto document = json_document(made_up());
    for (const std::string part : {R"("bits": "WIDTH-1..12")", R"("bits": "63..32+LANES")", R"("reset": "0x5")",
                                   R"("name": "PART.SHADE")", R"("match": "0x4")", R"("values": "shade")"})
        EXPECT_NE(document.find(part), std::string::npos) << part;
}

}  // namespace
}  // namespace msr::compiler
