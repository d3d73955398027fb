// Fields, arrays, parts and layouts, and that they tile the register on every CPU.
#include "msr/catalogue/load/test_catalogue.hpp"

namespace msr::catalogue::load {
namespace {

TEST(tiling, gap) {
    EXPECT_TRUE(refuses(marked(register_of({"63..8: mbz", "6..0: A"})), "bit 7 is not accounted for"));
    EXPECT_TRUE(refuses(marked(register_of({"62..33: mbz", "30..8: A", "5..0: B"})),
                        "bits 63, 32..31 and 7..6 are not accounted for"));
    EXPECT_TRUE(refuses(marked(register_of({"62..0: A"})), "63"));
}

TEST(tiling, overlap) {
    EXPECT_TRUE(refuses(marked(register_of({"63..8: HIGH", "8..0: LOW"})), "`LOW` and `HIGH` overlap"));
    EXPECT_TRUE(refuses(marked(register_of({"63..8: mbz", "15..0: LOW"})), "reserved run at 63..8"));
}

TEST(tiling, bits_upside_down) {
    EXPECT_TRUE(refuses(marked(register_of({"63..8: mbz", "7..0: A", "3..5: B"})), "from a higher bit"));
}

// At 52 bits only, or at 36 only, the tiling is wrong: the message says where.
TEST(tiling, symbolic_width_wrong_on_some_cpus) {
    EXPECT_TRUE(refuses(marked(register_of({"63..MAXPHYADDR: mbz", "MAXPHYADDR..12: A", "11..0: mbz"})),
                        "with MAXPHYADDR = 36"));
    EXPECT_TRUE(refuses(
        marked(register_of({"63..52: mbz", "51..MAXPHYADDR: mbz", "MAXPHYADDR-1..37: A", "36..12: B", "11..0: mbz"})),
        "with MAXPHYADDR = 36"));
    EXPECT_TRUE(refuses(marked(register_of({"63..51: TOP", "50..MAXPHYADDR: mbz", "MAXPHYADDR-1..0: A"})),
                        "with MAXPHYADDR = 52"));
}

TEST(tiling, symbolic_width_right_on_all_cpus) {
    EXPECT_TRUE(accepts(register_of({"63..MAXPHYADDR: mbz", "MAXPHYADDR-1..12: A", "11..0: mbz"})));
    // With no counter the range is empty, with eight it is full.
    EXPECT_TRUE(accepts(register_of({"63..COUNTERS: mbz", "COUNTERS-1..0: EN"})));
}

TEST(tiling, alternatives_must_exclude_each_other) {
    const auto pair = [](const char* one, const char* other) {
        return register_of({"63..8: mbz", "7..0:", "  - {name: A, exists: " + std::string{one} + "}",
                            "  - {name: B, exists: " + std::string{other} + "}"});
    };
    const std::pair<const char*, const char*> exclusive[]{
        {"fast", "not fast"},
        {"intel", "amd"},
        {"alpha", "beta"},
        {"alpha", "gamma"},
        {"old_beta", "new_beta"},
        {"greek", "not greek"},
        {"fast", "not fast and wide"},
        {"fast_and_wide", "not wide"},
        {"family == 6", "family == 0x17"},
        {"model < 0x30", "model >= 0x30"},
        {"stepping < 4", "stepping >= 4"},
        {"COUNTERS > 2", "COUNTERS <= 2"},
        {"MAXPHYADDR == 52", "MAXPHYADDR != 52"},
        {"alpha", "beta and fast"},
    };
    for (const auto& [one, other] : exclusive) {
        EXPECT_TRUE(accepts(pair(one, other))) << one << " | " << other;
    }
    const std::pair<const char*, const char*> compatible[]{
        {"fast", "wide"},
        {"fast", "fast_and_wide"},
        {"intel", "alpha"},
        {"beta", "old_beta"},
        {"greek", "alpha"},
        {"intel", "not amd"},
        {"model < 0x30", "model > 0x2E"},
        {"alpha", "model == 0x10"},
        {"beta", "model == 0x28"},
        {"beta", "stepping == 9"},
        {"stepping == 5", "stepping > 2"},
        {"COUNTERS > 2", "COUNTERS < 4"},
        {"fast", "always"},
    };
    for (const auto& [one, other] : compatible) {
        EXPECT_TRUE(refuses(marked(pair(one, other)), "can exist at once")) << one << " | " << other;
    }
}

TEST(tiling, the_registers_own_condition_counts) {
    const auto yaml = [](const char* exists) {
        return "registers:\n  - name: R\n    address: 0x10\n    exists: " + std::string{exists} +
               "\n    fields:\n      63..1: mbz\n      0:\n        - {name: A, exists: alpha}\n"
               "        - {name: B, exists: not intel or beta}\n        - {name: C, exists: fast}\n";
    };
    EXPECT_FALSE(load_text(yaml("intel")));
    EXPECT_TRUE(accepts(yaml("beta and not fast")));
}

TEST(fields, one_name_for_one_place) {
    EXPECT_TRUE(refuses(marked(register_of({"63..2: mbz", "1: A", "0: A"})), "different bits"));
}

TEST(fields, reserved_says_what_a_write_does) {
    EXPECT_TRUE(refuses(marked(register_of({"63..1: reserved", "0: A"})), "mbz, ignored or preserve"));
    EXPECT_TRUE(accepts(register_of({"63..1: reserved", "0: A"}, "access: ro")));
}

TEST(fields, positions_are_bits_or_follow_a_quantity) {
    for (const auto* key : {"64..63", "63..WIDTH", "63..MAXPHYADDR+COUNTERS", "63..4-MAXPHYADDR", "63..1000"}) {
        const auto yaml = register_of({std::string{key} + ": mbz  # here", "62..0: B"});
        const auto loaded = load_text(yaml);
        ASSERT_FALSE(loaded) << key;
        EXPECT_TRUE(marked_lines(yaml).contains(loaded.error().front().line)) << in_words(loaded.error());
    }
}

TEST(fields, array) {
    const auto loaded = load_text(register_of({R"("PA[0..7]": {bits: "8*i+2..8*i", values: colour})",
                                               R"("gap[0..7]": {bits: "8*i+7..8*i+3", reserved: mbz})"}));
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    const auto& third = field_of(loaded->tables(), "R", "PA3");
    EXPECT_EQ(third.msb.offset, 26);
    EXPECT_EQ(third.lsb.offset, 24);
    EXPECT_EQ(third.element, 3);
    EXPECT_TRUE(third.array == "PA");
    EXPECT_TRUE(third.values->name == "colour");
    EXPECT_EQ(entry_of(loaded->tables(), "R").fields.size(), 16U);
}

TEST(fields, array_elements_have_numbers_in_their_conditions) {
    const auto loaded =
        load_text(register_of({"63..8: mbz", R"("EN[0..7]": {bits: "i", element: "CTR{}_EN", exists: i < COUNTERS})"}));
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    const auto& field = field_of(loaded->tables(), "R", "CTR5_EN");
    EXPECT_EQ(field.exists[0].operand, 5U);
}

TEST(fields, arrays_out_of_bounds) {
    for (const auto* array : {R"("A[0..7]": {bits: "8*i+8..8*i"})", R"("A[0..8]": {bits: "8*i+7..8*i"})",
                              R"("A[0..7]": {bits: "8*j+7..8*j"})", R"("A[0..7]": {title: No bits})",
                              R"("A[5..2]": {bits: "i"})", R"("A[0..99999999999]": {bits: "i"})",
                              R"("A[0..2000000000]": {bits: "0"})", R"("A[0..3]": {bits: "i - 1"})"}) {
        EXPECT_FALSE(load_text(register_of({"63..8: mbz", array}))) << array;
    }
}

constexpr std::string_view layouts = R"(
layouts:
  - name: half
    title: Half a register
    width: 32
    fields:
      31..4: mbz
      3..1: {name: LEVEL, title: Level, value: field * 10, unit: W}
      0: {name: ON, title: On, exists: fast}
)";

TEST(layouts, parts_have_the_layouts_fields_at_their_place) {
    const auto whole =
        load_text(std::string{layouts} +
                  register_of({"63..32: {name: HIGH, layout: half}",
                               "31..0: [{layout: half, exists: wide}, {reserved: mbz, exists: not wide}]"}));
    ASSERT_TRUE(whole) << in_words(whole.error());
    const auto& high = field_of(whole->tables(), "R", "HIGH.LEVEL");
    EXPECT_EQ(high.msb.offset, 35);
    EXPECT_EQ(high.value[0].lsb, 33);
    EXPECT_EQ(high.value[0].msb, 35);
    EXPECT_EQ(field_of(whole->tables(), "R", "ON").exists.size(), 3U) << "the part's condition and the field's own";
    EXPECT_EQ(entry_of(whole->tables(), "R").parts.size(), 2U);
}

TEST(layouts, conditions_of_part_and_field_fit_the_evaluator_together) {
    std::string deep = "fast";
    for (int depth = 1; depth < 32; ++depth)
        deep = "fast and (" + deep + ")";
    const auto yaml = "layouts: [{name: l, title: Deep, width: 1, fields: {0: {name: ON, exists: '" + deep + "'}}}]" +
                      register_of({"63..1: mbz", "0: {name: P, layout: l, exists: wide}"});
    const auto loaded = load_text(yaml);
    ASSERT_FALSE(loaded);
    EXPECT_NE(in_words(loaded.error()).find("nest too deeply"), std::string::npos) << in_words(loaded.error());
}

TEST(danger, is_a_fields_own_fact) {
    EXPECT_TRUE(accepts(register_of({"63..1: mbz", "0: {name: RESET, danger: resets}"})));
    EXPECT_TRUE(refuses(register_of({"63..1: mbz", "0: {name: RESET, danger: explodes}  # here"}), "danger"));
}

TEST(layouts, width_must_match) {
    const auto at = [](const char* range) {
        return std::string{layouts} + register_of({std::string{range} + ": {layout: half}  # here"});
    };
    EXPECT_TRUE(refuses(at("63..0"), "another width"));
    EXPECT_TRUE(refuses(at("62..32"), "another width"));
    EXPECT_TRUE(refuses(at("MAXPHYADDR+31..MAXPHYADDR"), "follow a quantity"));
    EXPECT_TRUE(refuses(at("MAXPHYADDR+31..0"), "follow a quantity"));
}

TEST(layouts, are_known_tile_and_stand_once) {
    EXPECT_TRUE(refuses(register_of({"63..0: {layout: nothing}  # here"}), "unknown layout `nothing`"));
    EXPECT_TRUE(refuses("\nlayouts:\n  - name: l  # here\n    title: Gap\n    width: 8\n    fields: {7..1: A}\n",
                        "bit 0 is not accounted for"));
    EXPECT_FALSE(load_text(std::string{layouts} + "  - {name: half, title: Again, width: 1, fields: {0: A}}\n"));
}

TEST(fields, vary_as_their_register_unless_they_say_otherwise) {
    const auto loaded =
        load_text(register_of({"63..2: mbz", "1: {name: STEADY, title: Never changes, varies: constant}",
                               "0: {name: STATUS, title: Changes}"},
                              "varies: changing"));
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    EXPECT_EQ(field_of(loaded->tables(), "R", "STATUS").varies, variation::changing);
    EXPECT_EQ(field_of(loaded->tables(), "R", "STEADY").varies, variation::constant);
}

}  // namespace
}  // namespace msr::catalogue::load
