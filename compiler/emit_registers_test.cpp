#include "compiler/emit_registers.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "compiler/accessors.hpp"
#include "compiler/names.hpp"
#include "msr/core/test/toolchain.hpp"

namespace msr::compiler {
namespace {

namespace fs = std::filesystem;
using namespace catalogue;

// A made-up catalogue with everything that is awkward to name or to place.
constexpr enumerator colours[]{{.match = 1, .name = "RED", .title = "red"}, {.match = 2, .name = "DEFAULT"}};
constexpr enumerator patterns[]{{.match = 0, .mask = 2, .name = "LOW"}, {.match = 2, .mask = 2, .name = "HIGH"}};
constexpr enumeration_entry enumerations[]{{.name = "colour", .title = "A \\ colour\n", .values = colours},
                                           {.name = "pattern", .title = "Patterns", .values = patterns}};
constexpr quantity_entry quantities[]{{.name = "WIDTH", .minimum = 32, .maximum = 52}};

constexpr field_entry flag(text name, std::int16_t bit, access access = access::read_write) {
    return {.name = name, .title = name, .msb = {bit}, .lsb = {bit}, .access = access};
}
constexpr field_entry element(text name, std::uint16_t number, std::int16_t lsb) {
    return {
        .name = name, .msb = {static_cast<std::int16_t>(lsb + 1)}, .lsb = {lsb}, .array = "LANE", .element = number};
}

constexpr field_entry layout_fields[]{flag("UP", 3), flag("DOWN", 0, access::read_only)};
constexpr layout_entry layouts[]{{.name = "travel", .title = "Ways to go", .width = 4, .fields = layout_fields}};

constexpr field_entry awkward_fields[]{
    flag("INT", 63),
    flag("RAW", 62),
    flag("MSR", 61),
    flag("ADDRESS", 60),
    flag("3DNOW", 59),
    flag("AWKWARD", 58),
    flag("STATE", 57, access::read_only),
    flag("STATE", 57),
    flag("FIXED", 56, access::read_only),
    {.name = "PAGE", .msb = {-1, 0}, .lsb = {12}, .kind = field_kind::physical_address, .shift = 12},
    {.name = "DELTA", .msb = {11}, .lsb = {9}, .kind = field_kind::signed_number, .unit = "C"},
    {.name = "COLOUR", .msb = {8}, .lsb = {6}, .values = &enumerations[0]},
    {.name = "PATTERN", .msb = {5}, .lsb = {4}, .values = &enumerations[1]},
    {.msb = {3}, .lsb = {0}, .kind = field_kind::preserve},
};
constexpr field_entry family_fields[]{
    element("LANE2", 2, 20),
    element("LANE1", 1, 18),
    element("LANE0", 0, 16),
    flag("SEEN", 9, access::write_one_to_clear),
    flag("HEARD", 8, access::write_zero_to_clear),
    flag("FORWARD.UP", 7),
    flag("FORWARD.DOWN", 4),
    flag("UP", 3),
    flag("DOWN", 0),
};
constexpr part_entry parts[]{{.name = "FORWARD", .layout = &layouts[0], .lsb = 4}, {.layout = &layouts[0], .lsb = 0}};

constexpr register_entry registers[]{
    {.name = "AWKWARD",
     .title = "All that is awkward */ \\",
     .address = 0x10,
     .fields_known = true,
     .has_reset = true,
     .reset = 0xFFFF'0000'0000'0001,
     .fields = awkward_fields},
    {.name = "CLASS", .address = 0x11},
    {.name = "FAMILY",
     .address = 0x20,
     .stride = 4,
     .members = 3,
     .first = 1,
     .fields_known = true,
     .fields = family_fields,
     .parts = parts},
    {.name = "OTHER",
     .variant = "old",
     .address = 0x12,
     .access = access::read_only,
     .fields_known = true,
     .fields = layout_fields},
    {.name = "OTHER", .variant = "new", .address = 0x12, .access = access::write_only},
    {.name = "READ", .address = 0x13},
};
const tables all{.vendors = {},
                 .processors = {},
                 .features = {},
                 .quantities = quantities,
                 .enumerations = enumerations,
                 .layouts = layouts,
                 .rules = {},
                 .registers = registers};

class emit : public testing::Test {
  protected:
    void SetUp() override {
        fs::remove_all(out_);
        ASSERT_TRUE(emit_registers(all, out_));
    }
    void TearDown() override { fs::remove_all(out_); }

    [[nodiscard]] fs::path header(const std::string& name) const { return out_ / "msr/registers" / name; }

    // Compiles a function's body against the headers, as the library's users do.
    [[nodiscard]] test::outcome compile(const std::string& compiler, const std::string& body) const {
        const auto file = out_ / "use.cpp";
        std::ofstream{file} << "#include \"msr/core/access.hpp\"\n#include \"msr/core/native.hpp\"\n"
                               "#include \"msr/registers/all.hpp\"\nusing namespace msr;\nvoid use();\nvoid use() {\n"
                            << body << "\n}\n";
        return test::run(compiler + " -I" + out_.string() + test::freestanding_flags + "-fsyntax-only " +
                         file.string());
    }
    void expect_holds(const std::string& body) const {
        for (const auto& compiler : test::compilers) {
            const auto result = compile(compiler, body);
            EXPECT_EQ(result.status, 0) << compiler << ": " << body << "\n" << result.output;
        }
    }
    void expect_refused(const std::string& body, const std::string& message) const {
        for (const auto& compiler : test::compilers) {
            const auto result = compile(compiler, body);
            EXPECT_NE(result.status, 0) << compiler << ": " << body;
            EXPECT_NE(result.output.find(message), std::string::npos) << compiler << ": " << result.output;
        }
    }

    const fs::path out_ = fs::path{testing::TempDir()} / ("emit_" + std::to_string(getpid()));
};

TEST_F(emit, names_that_cplusplus_or_the_library_has_get_an_underscore) {
    expect_holds(
        "static_assert(awkward{}.int_(true).raw_(true).msr_(true).address_(true)._3dnow(true).awkward_(true).raw() == "
        "awkward::fields::int_::mask + awkward::fields::raw_::mask + awkward::fields::msr_::mask + "
        "awkward::fields::address_::mask + awkward::fields::_3dnow::mask + awkward::fields::awkward_::mask);"
        "static_assert(class_::address == 0x11 && read_::address == 0x13);");
}

TEST_F(emit, fields_have_the_type_of_what_they_hold) {
    expect_holds(
        "static_assert(awkward{}.page(0xF'FFFF'FFFF'F000).raw() == 0xF'FFFF'FFFF'F000);"  // the widest WIDTH
        "static_assert(awkward{}.delta(-4).raw() == 0x800 && awkward{0x800}.delta() == -4);"
        "static_assert(awkward{}.colour(colour::default_).raw() == 0x80);"
        "static_assert(awkward{0x1C0}.colour().raw() == 7);"  // a value without a name
        "static_assert(awkward{}.pattern(3).raw() == 0x30);"  // patterns are no enum
        "static_assert(awkward::at_reset().int_() && class_{5} != class_{6});");
}

TEST_F(emit, families_have_numbers_and_arrays_have_elements) {
    expect_holds(
        "static_assert(register_family<family> && !register_family<awkward>);"
        "static_assert(*member_address<family>(3) == 0x28 && !member_address<family>(4) && !member_address<family>(0));"
        "static_assert(family{}.lane(2, 3).raw() == 0x30'0000 && family{0xC'0000}.lane(1) == 3);");
}

TEST_F(emit, parts_have_the_type_of_their_layout) {
    expect_holds(
        "static_assert(family{}.forward(travel{}.up(true)).raw() == 0x80);"
        "static_assert(family{0x08}.travel().up() && family{0x08}.up() && !family{0x08}.forward().up());");
}

TEST_F(emit, update_keeps_what_writing_back_would_clear) {
    expect_holds(
        "static_assert(family::cleared_by_one == family::fields::seen::mask);"
        "static_assert(family::cleared_by_zero == family::fields::heard::mask);");
}

TEST_F(emit, an_alternative_that_can_be_written_makes_a_field_writable) {
    expect_holds("static_assert(awkward{}.state(true).state());");
    expect_refused("(void)awkward{}.fixed(true);", "AWKWARD.FIXED is read-only");
}

TEST_F(emit, refusals_name_register_and_field) {
    expect_holds("(void)read<other_old>(native_bus{}); (void)write(native_bus{}, other_new{1});");
    expect_refused("(void)write(native_bus{}, other_old{});", "OTHER is read-only");
    expect_refused("(void)read<other_new>(native_bus{});", "OTHER is write-only");
    expect_refused("(void)other_old{}.up(true);", "OTHER.UP is read-only");
}

TEST_F(emit, unknown_fields_leave_address_and_raw_value) {
    expect_holds("static_assert(class_{7}.raw() == 7 && class_::writable);");
    expect_refused("class_::fields x;", "fields");
}

TEST_F(emit, a_second_run_writes_nothing) {
    const auto before = fs::last_write_time(header("awkward.hpp"));
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    ASSERT_TRUE(emit_registers(all, out_));
    EXPECT_EQ(fs::last_write_time(header("awkward.hpp")), before);
}

TEST_F(emit, what_left_the_catalogue_leaves_the_folder) {
    std::ofstream{header("enumerations/gone.hpp")} << "#error\n";
    std::ofstream{header("awkward.hpp")} << "damaged";
    ASSERT_TRUE(emit_registers(all, out_));
    EXPECT_FALSE(fs::exists(header("enumerations/gone.hpp")));
    EXPECT_FALSE(fs::exists(header("enumerations/pattern.hpp"))) << "nothing can use it";
    EXPECT_GT(fs::file_size(header("awkward.hpp")), 100U);
}

TEST_F(emit, on_top_of_a_base_writes_only_what_the_base_lacks) {
    const register_entry more[]{registers[0], {.name = "MORE", .address = 0x30}};
    auto extended = all;
    extended.registers = more;
    auto base = all;
    base.registers = {more, 1};
    ASSERT_TRUE(emit_registers(extended, base, out_));
    EXPECT_TRUE(fs::exists(header("more.hpp")));
    EXPECT_FALSE(fs::exists(header("awkward.hpp")));
    EXPECT_FALSE(fs::exists(header("enumerations/colour.hpp")));
    EXPECT_TRUE(fs::exists(header("all.hpp"))) << "it names both";
    ASSERT_TRUE(emit_registers(base, base, out_));
    EXPECT_FALSE(fs::exists(header("more.hpp")));
}

TEST_F(emit, on_top_of_a_base_what_differs_takes_its_place) {
    const register_entry narrow[]{{.name = "AWKWARD", .address = 0x99}};
    auto replaced = all;
    replaced.registers = narrow;
    ASSERT_TRUE(emit_registers(replaced, all, out_));
    EXPECT_TRUE(fs::exists(header("awkward.hpp")));
}

TEST_F(emit, tables_that_were_loaded_apart_share_an_enumeration) {
    const enumeration_entry copies[]{enumerations[0]};
    const field_entry fields[]{{.name = "COLOUR", .msb = {2}, .lsb = {0}, .values = &copies[0]}};
    const register_entry both[]{registers[0],
                                {.name = "MORE", .address = 0x30, .fields_known = true, .fields = fields}};
    auto extended = all;
    extended.registers = both;
    extended.enumerations = copies;
    ASSERT_TRUE(emit_registers(extended, out_));
    expect_holds(
        "static_assert(more{}.colour(colour::red).raw() == 1 && awkward{}.colour(colour::red).raw() == 0x40);");
}

TEST_F(emit, two_types_of_one_name_are_an_error) {
    const register_entry twins[]{{.name = "TWIN", .address = 1}, {.name = "twin", .address = 2}};
    auto both = all;
    both.registers = twins;
    const auto done = emit_registers(both, out_);
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().find("twin"), std::string::npos);
}

TEST(emit_errors, say_what_cannot_be_written) {
    const auto done = emit_registers(all, "/dev/null/nowhere");
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().find("/dev/null/nowhere"), std::string::npos);
}

TEST(accessors, of_one_name_at_different_bits_carry_their_bits) {
    const field_entry fields[]{flag("MODE", 9), flag("MODE", 4)};
    const auto found = accessors_of({.name = "R", .writable = true, .fields = fields, .parts = {}}, all);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 2U);
    EXPECT_EQ((*found)[0].name, "mode_9_9");
    EXPECT_EQ((*found)[1].name, "mode_4_4");
}

TEST(accessors, of_a_field_come_before_those_of_a_nameless_part) {
    const field_entry fields[]{flag("TRAVEL", 2)};
    const part_entry nameless[]{{.layout = &layouts[0], .lsb = 0}};
    const auto found = accessors_of({.name = "R", .writable = true, .fields = fields, .parts = nameless}, all);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ(found->front().type, "bool");
}

TEST(accessors, of_an_irregular_array_are_its_elements) {
    const field_entry fields[]{element("LANE0", 0, 0), element("LANE1", 1, 2), element("LANE2", 2, 8)};
    const auto found = accessors_of({.name = "R", .writable = true, .fields = fields, .parts = {}}, all);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->size(), 3U);
    EXPECT_TRUE(std::ranges::none_of(*found, &accessor::array));
}

TEST(accessors, a_range_that_can_be_empty_is_as_wide_as_it_gets) {
    const field_entry field{.name = "HIGH", .msb = {51}, .lsb = {0, 0}};
    EXPECT_EQ(widest(field, all), (bit_range{51, 32}));
}

TEST(bits_with, alternatives_that_disagree_count_for_none) {
    const field_entry fields[]{flag("A", 1, access::write_one_to_clear), flag("B", 0, access::write_one_to_clear),
                               flag("B", 0)};
    EXPECT_EQ(
        bits_with(access::write_one_to_clear, {.name = "R", .writable = true, .fields = fields, .parts = {}}, all), 2U);
}

TEST(names, comments_and_literals_stay_in_their_line) {
    EXPECT_EQ(comment_text("a\nb \\"), "a b");
    EXPECT_EQ(literal_text("\"\\"), "\\\"");
    EXPECT_EQ(type_name("A-B", "c d"), "a_b_c_d");
}

}  // namespace
}  // namespace msr::compiler
