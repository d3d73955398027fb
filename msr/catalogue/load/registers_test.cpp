// Registers against each other: names, addresses, families, locks and rules.
#include "msr/catalogue/load/test_catalogue.hpp"

namespace msr::catalogue::load {
namespace {

TEST(registers, a_name_is_used_once) {
    EXPECT_TRUE(refuses(R"(
registers:
  - {name: R, address: 0x10, exists: always, fields: {63..0: V}}  # here
  - {name: R, address: 0x11, exists: always, fields: {63..0: V}}  # here
)",
                        "another entry has this name"));
    EXPECT_TRUE(accepts(R"(
registers:
  - {name: R, address: 0x10, exists: always, fields: {63..0: V}}
  - {name: R, variant: other, address: 0x11, exists: always, fields: {63..0: V}}
)"));
}

TEST(registers, an_alias_is_nobody_elses_name) {
    EXPECT_TRUE(refuses(R"(
registers:
  - {name: R, address: 0x10, exists: always, fields: {63..0: V}}
  - {name: S, address: 0x11, aliases: [R], exists: always, fields: {63..0: V}}  # here
)",
                        "the alias `R`"));
}

TEST(registers, are_restored_after_registers_that_there_are_and_never_in_a_circle) {
    EXPECT_TRUE(refuses(R"(
registers:
  - {name: R, address: 0x10, exists: always, restore_after: [S], fields: {63..0: V}}  # here
)",
                        "it is restored after `S`, which is no register"));
    EXPECT_TRUE(refuses(R"(
registers:
  - {name: R, address: 0x10, exists: always, restore_after: [S], fields: {63..0: V}}  # here
  - {name: S, address: 0x11, exists: always, restore_after: [T], fields: {63..0: V}}  # here
  - {name: T, address: 0x12, exists: always, restore_after: [R], fields: {63..0: V}}  # here
  - {name: U, address: 0x13, exists: always, restore_after: [T], fields: {63..0: V}}
)",
                        "are restored after it"));
}

TEST(registers, two_at_one_address) {
    EXPECT_TRUE(refuses(R"(
registers:
  - {name: R, address: 0x10, exists: fast, fields: {63..0: V}}
  - {name: S, address: 0x10, exists: wide, fields: {63..0: V}}  # here
)",
                        "registers.yaml:3) share an address"));
    EXPECT_TRUE(accepts(R"(
registers:
  - {name: R, address: 0x10, exists: fast, fields: {63..0: V}}
  - {name: S, address: 0x10, exists: wide and not fast, fields: {63..0: V}}
)"));
}

TEST(registers, a_capability_register_can_tell_two_apart) {
    EXPECT_TRUE(accepts(R"(
registers:
  - {name: CAP, address: 0x1, exists: always, access: ro, fields: {63..2: reserved, 1..0: KIND}}
  - {name: R, address: 0x10, exists: CAP.KIND == 1, fields: {63..0: V}}
  - {name: S, address: 0x10, exists: CAP.KIND > 1, fields: {63..0: V}}
)"));
    EXPECT_TRUE(refuses(R"(
registers:
  - {name: CAP, address: 0x1, exists: always, access: ro, fields: {63..2: reserved, 1..0: KIND}}
  - {name: R, address: 0x10, exists: CAP.KIND >= 1, fields: {63..0: V}}
  - {name: S, address: 0x10, exists: CAP.KIND > 1, fields: {63..0: V}}  # here
)",
                        "share an address"));
}

TEST(families, interleave_without_colliding) {
    EXPECT_TRUE(accepts(R"(
registers:
  - {name: BASE, family: {base: 0x200, stride: 2, at_most: 10}, exists: always, fields: {63..0: V}}
  - {name: MASK, family: {base: 0x201, stride: 2, at_most: 10}, exists: always, fields: {63..0: V}}
)"));
}

TEST(families, collide_in_one_member) {
    EXPECT_TRUE(refuses(R"(
registers:
  - {name: PAIRS, family: {base: 0x200, stride: 2, at_most: 10}, exists: always, fields: {63..0: V}}
  - {name: TRIPLES, family: {base: 0x203, stride: 3, at_most: 3}, exists: always, fields: {63..0: V}}  # here
)",
                        "share an address"));
    EXPECT_TRUE(refuses(R"(
registers:
  - {name: LONE, address: 0x212, exists: always, fields: {63..0: V}}  # here
  - {name: PAIRS, family: {base: 0x200, stride: 2, at_most: 10}, exists: always, fields: {63..0: V}}
)",
                        "share an address"));
    EXPECT_TRUE(accepts(R"(
registers:
  - {name: PAIRS, family: {base: 0x200, stride: 2, at_most: 9}, exists: always, fields: {63..0: V}}
  - {name: BETWEEN, address: 0x203, exists: always, fields: {63..0: V}}
  - {name: BEHIND, address: 0x212, exists: always, fields: {63..0: V}}
)"));
}

TEST(registers, stand_at_an_address_or_are_a_family) {
    EXPECT_TRUE(refuses("\nregisters:\n  - name: R  # here\n    exists: always\n    fields: {63..0: V}\n", "one of"));
    EXPECT_TRUE(
        refuses("\nregisters:\n  - name: R  # here\n    address: 1\n    family: {base: 1, stride: 1, at_most: "
                "2}\n    exists: always\n    fields: {63..0: V}\n",
                "one of"));
}

TEST(registers, refer_only_to_what_is_known) {
    const auto with = [](const char* exists, const char* field) {
        return "\nregisters:\n  - name: R  # here\n    address: 0x10\n    exists: " + std::string{exists} +
               "\n    fields:\n      63..1: mbz\n      0: " + field + "\n";
    };
    EXPECT_TRUE(refuses(with("fats", "V"), "`fats` is no feature"));
    EXPECT_TRUE(refuses(with("OTHER.FIELD", "V"), "unknown register `OTHER`"));
    EXPECT_TRUE(refuses(with("R.W == 1", "V"), "`R.W`"));
    EXPECT_TRUE(refuses(with("fast and", "V"), "column 9"));
    EXPECT_TRUE(
        refuses(register_of({"63..1: mbz", "0: {name: V, values: weather}  # here"}), "unknown enumeration `weather`"));
}

TEST(registers, locks_name_fields) {
    const auto with = [](const char* lock) {
        return marked(register_of({"63..2: mbz", "1: LOCK", "0: V"}, "lock: [" + std::string{lock} + "]"));
    };
    EXPECT_TRUE(refuses(with("{field: LOK, locks: all, effect: fault}"), "`LOK`, which is no field of it"));
    EXPECT_TRUE(refuses(with("{field: LOCK, locks: [W], effect: fault}"), "`W`, which is no field of it"));
    auto good = with("{field: LOCK, locks: [V], effect: ignored}");
    const auto loaded = load_text(good);
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    const auto& lock = entry_of(loaded->tables(), "R").locks[0];
    EXPECT_EQ(lock.effect, effect::ignored);
    EXPECT_TRUE(lock.locks[0] == "V");
}

TEST(registers, rules_are_known) {
    const auto with = [](const char* rule) {
        return marked(register_of({"63..0: V"}, "rules: [" + std::string{rule} + "]"));
    };
    EXPECT_TRUE(refuses(with("unheard_of"), "unknown rule `unheard_of`"));
    EXPECT_TRUE(load_text(with("known_rule")));
}

TEST(registers, several_mistakes_are_all_reported) {
    EXPECT_TRUE(refuses(R"(
registers:
  - {name: R, address: 0x10, exists: fats, fields: {63..0: V}}  # here
  - {name: S, address: 0x11, exists: always, fields: {63..0: V}}
  - {name: T, address: 0x12, exists: wied, fields: {63..0: V}}  # here
)",
                        "is no feature"));
}

}  // namespace
}  // namespace msr::catalogue::load
